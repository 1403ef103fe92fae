/* --root http://127.0.0.1:PORT: another web server of this machine, whose answers are the app. Leaves to others: connecting to it
 * (the keeper), speaking with it (doors/upstream_request.h, http/relay.h). */
#ifndef SERVER_BASE_UPSTREAM_H
#define SERVER_BASE_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

struct upstream {
	char host[64];    /* as written: "localhost", "127.0.0.1", "[::1]" */
	uint16_t port;
};

/* Is --root an address, not a folder? */
bool upstream_is_url(const char *root);
/* Reads http://, a loopback host and a port, nothing else. NULL, or what is wrong with it, static. */
const char *upstream_read(const char *root, struct upstream *upstream);
/* Begins to connect: a descriptor, perhaps not connected yet, or -1 with errno. For localhost it tries 127.0.0.1 and, if that
 * refuses within 20 ms, ::1. */
int upstream_connect(const struct upstream *upstream);

#endif
