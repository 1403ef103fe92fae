/* The gateway process: one libuv loop and the parts that hang on it. Started by the keeper's fork, locked in before it serves.
 * Leaves to others: who may enter (auth/, doors/), HTTP (http/), calls (program/). */
#ifndef SERVER_GATEWAY_H
#define SERVER_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "server/base/channel.h"
#include "wasi/wasi.h"

struct config;      /* config.h: flags and config file */
struct events;      /* events.h: --json lines and human lines, by way of the keeper */
struct listener;    /* doors/listener.h */
struct lan;         /* doors/lan.h */
struct lan_setup;
struct lws_context;
struct profile_folder; /* profile_folder.h */
struct secrets;     /* auth/secrets.h */

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

	struct channel channel;  /* to the keeper */
	int root_fd;             /* --root, for the web; -1: none */
	struct secrets *secrets;
	struct listener *listener;
	int port;
	char host[80];           /* the one good Host: "localhost:4242" */
	char origin[96];         /* "http://" host */
	struct lan *lan;         /* for other machines; NULL: none may come */
	char debugger_host[64];     /* the same of the debugger's listener: "127.0.0.2:4242"; empty: there's none */
	char debugger_origin[80];
};

/* The whole life of the process. channel_fd: to the keeper; port: 0 or the one kept for the root, when config has none; offer: what other
 * machines are shown; profiles: where start profiles are read, closed then. Returns its exit code. */
int gateway_run(const struct config *config, int channel_fd, int port, struct lan_setup *setup, struct profile_folder *profiles);

/* Something went to the channel's queue: it is sent when the keeper takes more. */
void gateway_channel_watch(struct gateway *gateway);
/* Begins the end: programs are ended, connections told. */
void gateway_stop(struct gateway *gateway);

#endif
