/* What a guest's sockets do: state, peer, bytes, for lists of them (guest_sockets(), wasi.h). The thread that runs the
 * guest's calls writes, any other may read. Without memory a socket isn't listed. Leaves to others: the sockets themselves
 * (sockets.h). */
#ifndef WASI_SOCKET_USE_H
#define WASI_SOCKET_USE_H

#include <pthread.h>

#include "wasi.h"

struct object;

struct socket_use {
	struct socket_uses *of;
	struct guest_socket socket;
	struct socket_use *next, **link;
};

struct socket_uses {
	pthread_mutex_t lock;
	struct socket_use *first;
	struct guest_sockets_total total;
};

void socket_uses_init(struct socket_uses *uses);
void socket_uses_clear(struct socket_uses *uses);

/* guest_sockets(), guest_sockets_total() */
void socket_uses_each(struct socket_uses *uses, bool changed_alone, void each(void *context, const struct guest_socket *socket),
	void *context);
struct guest_sockets_total socket_uses_total(struct socket_uses *uses);

/* A socket has this handle from now on. */
void socket_use_begin(struct socket_uses *uses, struct object *object, wasi_handle_t handle, enum guest_socket_kind kind,
	enum guest_socket_state state);
/* It is closed. */
void socket_use_end(struct object *object);

/* All of them do nothing for an object without one. */
void socket_use_is(struct object *object, enum guest_socket_state state);
void socket_use_moved(struct object *object, size_t received, size_t sent);
/* No more bytes come, or go. */
void socket_use_ended(struct object *object, bool receiving, bool sending);
void socket_use_is_secure(struct object *object);
/* Whom it is for, as the program says: an endpoint (network.h). */
void socket_use_target(struct object *object, const uint8_t *endpoint, size_t length);
/* A request's bytes: the origin of its URL is whom it is for. */
void socket_use_request(struct object *object, const uint8_t *bytes, size_t length);
/* Its own address and its peer's, as the kernel says. */
void socket_use_addresses(struct object *object);
void socket_use_peer(struct object *object, const uint8_t *address, size_t length);
void socket_use_own(struct object *object, const uint8_t *address, size_t length);

/* What a call that received from a stream, or sent to it, came to. room: of bytes that could have come; 0: it sent. */
void socket_use_did(struct object *object, wasi_errno_t err, size_t done, bool received, size_t room);

#endif
