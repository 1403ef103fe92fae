/* The gateway's side of the dialer: sends programs' requests to it, gives its answers to them, and prints its messages. Leaves to
 * others: judging and connecting (server/dialer, another process), the system calls (wasi/), resuming a call that waited
 * (server/program). */
#ifndef SERVER_NETWORK_NETWORK_H
#define SERVER_NETWORK_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;
struct network_user;
struct session;
struct wasi_network;

enum { NETWORK_RULES_MAX = 32 << 10 }; /* bytes of a page's rules for one program */

/* Connects the gateway to the dialer. fd: the channel, which it takes. ports: the gateway's and its debugger's, which programs
 * may not reach. False: no memory. */
bool network_start(struct gateway *gateway, int fd, const uint16_t *ports, size_t ports_count);
/* Closes the channel. Programs have ended before. */
void network_stop(void);
/* Is there a dialer? (--net was given, and it hasn't died.) */
bool network_is_there(void);

/* A program's access to the network. answered(context) is called on the loop after each answer. rules: its page's rules, each
 * ended by a NUL, `rules_length` bytes in all; 0: whatever the user allows. Copies everything except the session, which the
 * program holds. NULL: no dialer was started, or no memory. */
struct network_user *network_user_new(struct session *session, const char *name, const char *page, const char *rules,
                                      size_t rules_length, void answered(void *context), void *context);
/* What wasi/ calls (wasi/network.h); valid as long as the user. NULL for NULL. */
const struct wasi_network *network_of(const struct network_user *user);
/* A program's rules beside the user's own, each ended by a NUL. Valid until the next turn of the loop. */
struct network_rules {
	const char *kept;         /* its page's: it is allowed nothing else */
	size_t kept_length;       /* 0: the page has given none */
	const char *granted;      /* the user answered yes, until the program ends */
	size_t granted_length;
	uint32_t granted_changes; /* changes with `granted` */
};
struct network_rules network_rules_of(const struct network_user *user); /* user may be NULL */
/* Cancels what waits for an answer. Free the program's guest first: it holds requests. user may be NULL. */
void network_user_free(struct network_user *user);

#endif
