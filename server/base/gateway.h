/* The gateway's state: its libuv loop, and one pointer for each part, which only that part's room looks into. No code here.
 * Leaves to others: starting and ending them (server/gateway.c). */
#ifndef SERVER_BASE_GATEWAY_H
#define SERVER_BASE_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "channel.h"
#include "wasi/wasi.h"

struct config;
struct events;
struct lan;
struct listener;
struct lws_context;
struct secrets;

/* Everything that programs may be given, opened before the lock-in. */
struct grants {
	struct wasi_grant *dirs;          size_t dirs_count;
	struct wasi_listener *listeners;  size_t listeners_count;
	const char **env;                 size_t env_count;   /* "KEY=value": --env defaults */
	const char **args;                size_t args_count;  /* PROGRAM's, argv[0] its basename; none without PROGRAM */
	int scratch_parent_fd;
	struct wasi_devices devices;
	struct wasi_limits limits;
};

struct gateway {
	uv_loop_t *loop;
	const struct config *config;
	struct events *events;
	struct grants grants;
	struct lws_context *lws;
	bool stopping;

	struct channel channel;  /* to the keeper */
	int root_fd;             /* --root, for the web; -1: none */
	struct secrets *secrets;
	struct listener *listener;
	int port;
	char host[80];           /* the one accepted Host: "localhost:4242" */
	char origin[96];         /* "http://" host */
	struct lan *lan;         /* for other machines; NULL: none may connect */
	char debugger_host[64];  /* the same of the debugger's listener: "127.0.0.2:4242"; empty: there's none */
	char debugger_origin[80];
};

#endif
