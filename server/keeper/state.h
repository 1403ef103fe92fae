/* What is kept between starts, one file a root: its port, so that an app keeps its origin and with it the browser's storage.
 * While a gateway runs, the file is locked and has its process and control socket. A gateway with a port of its own (--port 0)
 * has a file of its own, removed at its end. Leaves to others: the socket (control.h). */
#ifndef SERVER_KEEPER_STATE_H
#define SERVER_KEEPER_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct state {
	int fd;                /* locked; -1: nothing is kept */
	int folder_fd;         /* O_PATH, of the folder; -1: none */
	bool own;              /* removed at the end */
	char path[PATH_MAX];   /* of the file, for messages */
	char root[PATH_MAX];   /* the root or program */
	char name[32];         /* of the control socket in the folder */
	int kept_port;         /* 0: none yet */
	int pid;               /* of the process that holds it */
};

enum state_opened { STATE_OPEN, STATE_HELD /* by pid (0: unknown) */, STATE_UNWRITABLE /* errno says why, path where */ };

/* In ${XDG_STATE_HOME:-~/.local/state}/wvwasi-gw/, which is made, 0700. root: a real path. own_port: 0, or that of a gateway of
 * its own. */
enum state_opened state_open(struct state *state, const char *root, int own_port);
/* Writes the kept port, our process and the port that it serves on. Does nothing without a file. */
bool state_write(struct state *state, int port);
/* Removes what this gateway wrote, and a file of its own. */
void state_close(struct state *state);
/* In a forked process: closes the descriptors and changes nothing. */
void state_leave(struct state *state);

/* A gateway that runs according to its file. */
struct state_running {
	char root[PATH_MAX], name[32];
	int folder_fd; /* lent for the call */
	int port, pid;
};
/* Calls found() for each, until it gives false. False with errno: the folder can't be read (ENOENT: nothing ever ran). */
bool state_each(bool found(void *context, const struct state_running *running), void *context);

#endif
