/* The gateway process: one libuv loop and the parts that hang on it. Started by the keeper's fork, locked in before it serves.
 * Leaves to others: who may enter (enter/), HTTP (http/), calls (guests.c, dispatch.c). */
#ifndef SERVER_GATEWAY_H
#define SERVER_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "../wasi/wasi.h"

struct config;      /* config.h: flags and config file */
struct events;      /* events.h: --json lines and human lines, by way of the keeper */
struct lws_context;

/* Everything that programs may be given, opened before the lock-in. */
struct grants {
	struct wasi_grant *dirs;          size_t dirs_count;
	struct wasi_listener *listeners;  size_t listeners_count;
	const char **env;                 size_t env_count;   /* "KEY=value": --env defaults */
	const char **args;                size_t args_count;  /* PROGRAM's, argv[0] its basename; none without PROGRAM */
	int scratch_parent_fd;
	struct wasi_limits limits;
};

struct gateway {
	uv_loop_t *loop;
	const struct config *config;
	struct events *events;
	struct grants grants;
	struct lws_context *lws;
	bool stopping;
};

#endif
