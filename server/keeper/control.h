/* The socket by which the same user's processes ask a running gateway's keeper: links, who is in, to throw out, to stop. One JSON object a line,
 * both ways. In the state folder (0700), and who connects is asked for its uid by the kernel. Both ends are here.
 * Leaves to others: what is asked and answered (keeper/commands.c, subcommands.c). */
#ifndef SERVER_KEEPER_CONTROL_H
#define SERVER_KEEPER_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTROL_CLIENTS_MAX = 8, CONTROL_LINE_MAX = 64 << 10, CONTROL_FDS = CONTROL_CLIENTS_MAX + 1 };

/* ---- the keeper's end ---- */

struct control_client {
	int fd;         /* -1: free */
	uint32_t requester; /* its number, never used twice; from 1 */
	char *in;       /* a line that hasn't ended yet */
	size_t in_length;
	char *out;      /* what its socket didn't take */
	size_t out_length;
};

struct control {
	int fd;         /* listens; -1: there's none */
	int folder_fd;  /* lent: the state's */
	char name[32];
	uint32_t last_requester;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

/* In folder_fd (lent for control's life), by that name; one left by somebody who died makes room. False with errno. */
bool control_open(struct control *control, int folder_fd, const char *name);
void control_init(struct control *control); /* none, yet */
/* Hangs up and removes the name. */
void control_close(struct control *control);

/* CONTROL_FDS entries for poll(2). */
void control_poll(const struct control *control, struct pollfd *fds);
/* A socket of a process that we started: takes it. Its number, or 0: too many. */
uint32_t control_adopt(struct control *control, int fd);
/* After poll(2): accepts, reads, and calls heard() for each whole line (its bytes, with a NUL behind them), with NULL when one has gone. */
void control_turn(struct control *control, const struct pollfd *fds, void heard(void *context, uint32_t requester, const char *line), void *context);
/* A line for one of them, or for all with asker 0; without the newline. Who has gone or doesn't read is passed over. */
void control_say(struct control *control, uint32_t requester, const char *line);

/* ---- the client's end ---- */

/* -1 with errno; ECONNREFUSED or ENOENT: who was there has gone. */
int control_connect(int folder_fd, const char *name);

#endif
