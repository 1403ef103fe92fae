/* The gateway's end of the dialer: programs' questions go to it, its answers come back to them, and what it says to the terminal.
 * Leaves to others: judging and connecting (server/dialer, another process), the calls (wasi/), running those that waited
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

enum { NETWORK_RULES_MAX = 32 << 10 }; /* bytes of what a page keeps a program to */

/* fd: the channel to the dialer. ports: of the gateway and its debugger, which nobody may reach. False: no memory. */
bool network_start(struct gateway *gateway, int fd, const uint16_t *ports, size_t ports_count);
void network_stop(void);
/* Is there a dialer? (--net was given, and it hasn't died.) */
bool network_is_there(void);

/* A program's part. answered(context) runs on the loop whenever one of its questions was answered. rules: what its page keeps it
 * to, each with a NUL, `rules_length` bytes in all; 0: whatever the user allows. Everything is copied but the session. NULL: no
 * dialer was started, or no memory. */
struct network_user *network_user_new(struct session *session, const char *name, const char *page, const char *rules,
                                      size_t rules_length, void answered(void *context), void *context);
const struct wasi_network *network_of(const struct network_user *user);
/* The guest is freed already. Takes NULL. */
void network_user_free(struct network_user *user);

#endif
