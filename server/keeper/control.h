/* The socket by which processes of the same user ask a running gateway's keeper for links and sessions, to revoke one, or to
 * stop. One JSON object a line, both ways. The socket is in the state folder (0700), and the kernel tells each client's uid. Both
 * ends are here. Leaves to others: what is asked and answered (keeper/commands.c, subcommands.c). */
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
	char *out;      /* what its socket hasn't taken yet */
	size_t out_length;
};

struct control {
	int fd;         /* listens; -1: there's none */
	int folder_fd;  /* lent: the state's */
	char name[32];
	uint32_t last_requester;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

/* In folder_fd (lent for control's life), by that name; a socket left by a dead gateway is replaced. False with errno. */
bool control_open(struct control *control, int folder_fd, const char *name);
void control_init(struct control *control); /* closed */
/* Disconnects all clients and removes the name. */
void control_close(struct control *control);

/* CONTROL_FDS entries for poll(2). */
void control_poll(const struct control *control, struct pollfd *fds);
/* Takes the socket of a process that we started. Gives the client's number, or 0: too many. */
uint32_t control_adopt(struct control *control, int fd);
/* After poll(2): accepts, reads, and calls on_line() for each whole line (its bytes, with a NUL behind them), with NULL when one
 * has gone. */
void control_turn(struct control *control, const struct pollfd *fds,
                  void on_line(void *context, uint32_t requester, const char *line), void *context);
/* Sends a line (without its newline) to one client, or with requester 0 to all. Skips clients that have gone or don't read. */
void control_say(struct control *control, uint32_t requester, const char *line);

/* ---- the client's end ---- */

/* -1 with errno; ECONNREFUSED or ENOENT: that gateway has gone. */
int control_connect(int folder_fd, const char *name);

#endif
