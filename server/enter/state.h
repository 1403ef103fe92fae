/* What is kept between starts, one file a root: its port, so that an app keeps its origin and with it the browser's storage. Locked while
 * a gateway runs, so that two don't share it. The keeper's alone. */
#ifndef SERVER_ENTER_STATE_H
#define SERVER_ENTER_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct state {
	int fd;                /* locked; -1: nothing is kept */
	char path[PATH_MAX];   /* of the file, for messages */
	char root[PATH_MAX];   /* what it is kept for */
	int port;              /* 0: none yet */
	int pid;               /* of who holds it, when it is held */
};

enum state_opened { STATE_OPEN, STATE_HELD /* by pid (0: unknown) */, STATE_UNWRITABLE /* errno says why, path where */ };

/* In ${XDG_STATE_HOME:-~/.local/state}/wvwasi-gw/, which is made, 0700. root: a real path. */
enum state_opened state_open(struct state *state, const char *root);
/* Writes down the port and who runs. Does nothing without a file. */
bool state_write(struct state *state, int port);
void state_close(struct state *state);

#endif
