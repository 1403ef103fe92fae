/* What is kept between starts, one file a root: its port, so that an app keeps its origin and with it the browser's storage; and while a
 * gateway runs, who it is and where its control socket is. Locked then, so that two don't share it. A gateway with a port of its own
 * (--port 0) has a file of its own, which goes with it. Leaves to others: the socket (control.h). */
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
	char root[PATH_MAX];   /* what it is kept for */
	char name[32];         /* of the control socket in the folder */
	int kept_port;         /* 0: none yet */
	int pid;               /* of who holds it, when it is held */
};

enum state_opened { STATE_OPEN, STATE_HELD /* by pid (0: unknown) */, STATE_UNWRITABLE /* errno says why, path where */ };

/* In ${XDG_STATE_HOME:-~/.local/state}/wvwasi-gw/, which is made, 0700. root: a real path. own_port: 0, or that of a gateway of its own. */
enum state_opened state_open(struct state *state, const char *root, int own_port);
/* Writes down the kept port, and who runs: at which port. Does nothing without a file. */
bool state_write(struct state *state, int port);
/* Removes what was its own; nobody runs any more. */
void state_close(struct state *state);
/* In a process forked from who has it: closes, and nothing else. */
void state_leave(struct state *state);

/* A gateway that says it runs. */
struct state_running {
	char root[PATH_MAX], name[32];
	int folder_fd; /* lent for the call */
	int port, pid;
};
/* Calls found() for each, until it gives false. False with errno: the folder can't be read (ENOENT: nothing ever ran). */
bool state_each(bool found(void *context, const struct state_running *running), void *context);

#endif
