#include "gateway.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "server/auth/remembered.h"
#include "server/auth/secrets.h"
#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/base/grantable.h"
#include "server/base/heap.h"
#include "server/base/keeper_messages.h"
#include "server/base/lockin.h"
#include "server/base/process.h"
#include "server/base/turn.h"
#include "server/debugger/debugger.h"
#include "server/doors/closing.h"
#include "server/doors/doors.h"
#include "server/doors/proxy.h"
#include "server/doors/program_file.h"
#include "server/doors/lan.h"
#include "server/doors/pairing_request.h"
#include "server/doors/requests.h"
#include "server/network/network.h"
#include "server/program/granting.h"
#include "server/program/grants.h"
#include "server/program/leases.h"
#include "server/program/profiles.h"
#include "server/program/programs.h"
#include "server/program/recording.h"
#include "server/program/trace.h"
#include "server/program/ws.h"

enum { END_LOOK_MS = 10, END_PATIENCE_MS = 1000, RECORDED_PATIENCE_MS = 5000, END_LAST_MS = 200, STDIN_ROOM_MAX = 64 << 10 };

static uv_poll_t channel_poll;
static uv_prepare_t stdin_look;
static uv_timer_t end_timer;
static uint64_t end_began_ms;
static uint32_t stdin_room_told;

/* ---- what the keeper says ---- */

static void on_channel(uv_poll_t *poll, int status, int events);
static void stop(struct gateway *gateway);

static void answer_browse(struct gateway *gateway)
{
	struct link link;

	link_new_for_browser(gateway, REQUESTER_TERMINAL, &link);
	channel_send(&gateway->channel, SAY_BROWSE, 0, 0, link.url, strlen(link.url), -1);
	secret_forget(&link, sizeof link);
}

static void on_message(struct gateway *gateway, struct channel_message *message)
{
	switch (message->type) {
	case DO_LINK:
		answer_link(gateway, message->b, message->a);
		break;
	case DO_ANSWER:
		debugger_answer(message->a, message->b);
		break;
	case DO_DEBUG:
		answer_debug(gateway, message->b);
		break;
	case DO_BROWSE:
		answer_browse(gateway);
		break;
	case DO_GRANT:
	case DO_UNGRANT:
	case DO_REFUSE:
		granting_receive(gateway, message);
		break;
	case DO_LIST:
		answer_sessions(gateway, message->b);
		break;
	case DO_REVOKE:
		answer_revoke(gateway, message->b, message->a);
		break;
	case DO_CLOSE:
		closing_begin(gateway, message->a);
		break;
	case DO_QUIT:
		stop(gateway);
		break;
	case DO_STDIN:
		stdin_room_told = 0;
		programs_stdin(message->bytes, message->length);
		break;
	case DO_CREDIT:
		if (events_credit(gateway, message->a))
			programs_sinks_ready();
		break;
	case DO_PAIR:
		answer_pair(gateway, message->b, message->a);
		break;
	case DO_ADMIT:
		answer_admit(gateway, REQUESTER_TERMINAL, message->a, message->b);
		break;
	case DO_CERTIFICATE:
		lan_renewed(gateway, (const char *)message->bytes, message->length);
		secret_forget(message->bytes, message->length);
		break;
	case DO_PROGRAM:
		program_file_opened(gateway, message->fd, (int)message->a, message->b);
		message->fd = -1;
		break;
	case DO_UPSTREAM:
		proxy_connected(gateway, message->fd, (int)message->a);
		message->fd = -1;
		break;
	}
	if (message->fd >= 0)
		close(message->fd);
}

/* It is read always, and written when something waits there. */
static void channel_watch(void *context)
{
	struct gateway *gateway = context;
	int events = UV_READABLE | (channel_wants_to_write(&gateway->channel) ? UV_WRITABLE : 0);

	if (channel_poll.data && !uv_is_closing((uv_handle_t *)&channel_poll))
		uv_poll_start(&channel_poll, events, on_channel);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
	static struct channel_message message;
	struct gateway *gateway = poll->data;
	enum channel_got got = CHANNEL_MESSAGE;

	channel_flush(&gateway->channel);
	for (int i = 0; i < 16 && got == CHANNEL_MESSAGE; i++)
		if ((got = channel_receive(&gateway->channel, &message)) == CHANNEL_MESSAGE)
			on_message(gateway, &message);
	if (got == CHANNEL_CLOSED)
		/* the keeper has gone, so there is nothing to answer to; the kernel closes everything, and the next start sweeps the
		 * scratch folders */
		_exit(1);
	channel_watch(gateway);
}

/* Once a turn: does a program that inherits stdin have room? The keeper reads then, and not before. */
static void on_stdin_look(uv_prepare_t *prepare)
{
	struct gateway *gateway = prepare->data;
	size_t room = programs_stdin_room();

	if (room > STDIN_ROOM_MAX)
		room = STDIN_ROOM_MAX;
	if (!room == !stdin_room_told)
		return;
	stdin_room_told = (uint32_t)room;
	channel_send(&gateway->channel, SAY_STDIN_ROOM, stdin_room_told, 0, NULL, 0, -1);
}

/* ---- the start ---- */

/* False: --sandbox=require, and it can't be had. */
static bool lock(struct gateway *gateway, struct grantable *grantable)
{
	const struct grants *grants = &gateway->grants;
	struct lockin_folder *folders = calloc(grants->dirs_count + grantable->count + 2, sizeof *folders);
	struct lockin_result result;
	size_t count = 0;

	if (gateway->config->sandbox == SANDBOX_OFF) {
		events_verbose(gateway, "sandbox: off");
		free(folders);
		return true;
	}
	if (!folders)
		return false;
	for (size_t i = 0; i < grants->dirs_count; i++)
		if (!grants->dirs[i].scratch && !grants->dirs[i].devices)
			folders[count++] = (struct lockin_folder){ grants->dirs[i].dir_fd, !grants->dirs[i].read_only };
	if (gateway->root_fd >= 0)
		folders[count++] = (struct lockin_folder){ gateway->root_fd, false };
	if (grants->scratch_parent_fd >= 0)
		folders[count++] = (struct lockin_folder){ grants->scratch_parent_fd, true };
	for (size_t i = 0; i < grantable->count; i++)
		folders[count++] = (struct lockin_folder){ grantable->all[i].fd, true };
	/* no core file and no debugger of the same user finds a secret in our memory; it can't be asked for afterwards */
	prctl(PR_SET_DUMPABLE, 0);
	lockin(folders, count, 0, &result);
	free(folders);
	for (size_t i = 0; i < result.missing_count; i++)
		events_verbose(gateway, "sandbox: %s", result.missing[i]);
	if (gateway->config->sandbox == SANDBOX_REQUIRE && !(result.landlock && result.seccomp)) {
		fprintf(stderr, "wvwasi-gw: %s: cannot lock the gateway in, as --sandbox=require wants it\n",
		        result.missing_count ? result.missing[0] : "incomplete");
		return false;
	}
	return true;
}

/* The keeper alone has the standard streams. Sanitizers and valgrind, which run unlocked, keep stderr for what they have to
 * say. */
static int null_fd = -1;

static void streams_leave(const struct config *config)
{
	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	if (config->sandbox != SANDBOX_OFF)
		dup2(null_fd, STDERR_FILENO);
	close(null_fd);
}

static void channel_start(struct gateway *gateway)
{
	uv_poll_init(gateway->loop, &channel_poll, gateway->channel.fd);
	channel_poll.data = gateway;
	gateway->channel.on_queued = channel_watch;
	gateway->channel.context = gateway;
	channel_watch(gateway);
	uv_prepare_init(gateway->loop, &stdin_look);
	stdin_look.data = gateway;
	uv_prepare_start(&stdin_look, on_stdin_look);
	uv_timer_init(gateway->loop, &end_timer);
	end_timer.data = gateway;
}

/* The gateway's own ports, which no program may reach by the dialer. False: no memory. */
static bool network_begin(struct gateway *gateway, int dialer_fd)
{
	const char *debugger = strrchr(gateway->debugger_host, ':');
	uint16_t ports[2 + LAN_DOORS] = { (uint16_t)gateway->port };
	size_t count = 1;

	if (dialer_fd < 0)
		return true;
	if (debugger)
		ports[count++] = (uint16_t)atoi(debugger + 1);
	for (size_t i = 0; gateway->lan && i < LAN_DOORS; i++)
		ports[count++] = (uint16_t)gateway->lan->ports[i];
	return network_start(gateway, dialer_fd, ports, count);
}

/* 0, or the exit code; said why. In this order: what needs names and libraries, the lock, then the first thread. */
static int start(struct gateway *gateway, int dialer_fd, int kept_port, struct lan_setup *setup, struct profile_folder *profiles,
                 struct grantable *grantable, int record_fd)
{
	struct link link;

	switch (grants_open(gateway, gateway->config)) {
	case GRANTS_IMPOSSIBLE: return 1;
	case GRANTS_CONTRADICT: return 2;
	case GRANTS_OPEN: break;
	}
	switch (doors_bind(gateway, kept_port, setup)) {
	case BOUND_NOT: return 1;
	case BOUND_NONSENSE: return 2;
	case BOUND: break;
	}
	gateway->secrets = secrets_new();
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (!gateway->secrets || null_fd < 0 || !ws_start(gateway))
		return 1;
	if (!recordings_start(gateway, record_fd)) {
		fprintf(stderr, "wvwasi-gw: no memory for a recording\n");
		return 1;
	}
	leases_open();
	profiles_start(gateway, profiles);
	profile_folder_close(profiles);
	if (!lock(gateway, grantable))
		return 1;
	grantable_forget(grantable);
	wasi_resolver_set((enum wasi_resolver)gateway->config->resolver);
	if (!programs_start(gateway) || !trace_start(gateway) || !network_begin(gateway, dialer_fd)) {
		fprintf(stderr, "wvwasi-gw: no memory or no threads to be had\n");
		return 1;
	}
	debugger_start(gateway);
	leases_start(gateway);
	doors_start(gateway);
	sessions_restore(gateway, &setup->remembered);
	granting_start(gateway);
	channel_start(gateway);
	streams_leave(gateway->config);
	link_new(gateway, &link);
	events_ready(gateway, link.url, link.code, gateway->lan ? gateway->lan->origins[LAN_APP][0].origin : NULL);
	secret_forget(&link, sizeof link);
	return 0;
}

/* ---- the end ---- */

/* For tests, which ask for it by WVWASI_MEASURE_TURNS. */
static void turns_say(struct gateway *gateway)
{
	char line[80];

	snprintf(line, sizeof line, "{\"event\":\"turns\",\"longest_us\":%llu}", (unsigned long long)turns_longest_us());
	if (turns_longest_us() && gateway->config->json)
		events_line(gateway, line);
}

static void on_end_look(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;
	uint64_t age = uv_now(gateway->loop) - end_began_ms;

	/* Scratch folders are removed and close frames sent meanwhile; a page that doesn't read them isn't waited for. */
	if ((programs_count() || sessions_are_held()) && age < END_PATIENCE_MS)
		return;
	if (recordings_are_busy() && age < RECORDED_PATIENCE_MS)
		return;
	if (gateway->lws) {
		debugger_stop();
		sessions_close(gateway);
		ws_stop(gateway);
		leases_stop();
		doors_cut(gateway);
		recordings_stop();
		programs_stop();
		granting_stop();
		network_stop();
		trace_stop(gateway);
		turns_say(gateway);
		uv_prepare_stop(&stdin_look);
		uv_close((uv_handle_t *)&stdin_look, NULL);
		end_began_ms = uv_now(gateway->loop);
		return;
	}
	if (age > END_LAST_MS || !channel_wants_to_write(&gateway->channel)) {
		uv_close((uv_handle_t *)timer, NULL);
		uv_close((uv_handle_t *)&channel_poll, NULL);
		uv_stop(gateway->loop);
	}
}

static void stop(struct gateway *gateway)
{
	if (gateway->stopping)
		return;
	gateway->stopping = true;
	doors_stop(gateway);
	programs_end_all();
	end_began_ms = uv_now(gateway->loop);
	uv_timer_start(&end_timer, on_end_look, 0, END_LOOK_MS);
}

int gateway_run(const struct config *config, int channel_fd, int dialer_fd, int kept_port, struct lan_setup *setup,
                struct profile_folder *profiles, struct grantable *grantable, int record_fd)
{
	static struct gateway gateway; /* its parts lend from each other until the process ends */
	static uv_loop_t loop;
	int exit_code;

	gateway.config = config;
	gateway.loop = &loop;
	process_prepare();
	tzset();
	heap_prepare();
	if (config->sandbox != SANDBOX_OFF)
		lockin_prepare();
	if (uv_loop_init(&loop) != 0)
		return 1;
	channel_init(&gateway.channel, channel_fd);
	exit_code = start(&gateway, dialer_fd, kept_port, setup, profiles, grantable, record_fd);
	if (exit_code)
		return exit_code;
	uv_run(&loop, UV_RUN_DEFAULT);
	for (int turns = 0; turns < 100 && uv_run(&loop, UV_RUN_NOWAIT); turns++)
		; /* what was closed calls back */
	uv_loop_close(&loop);
	channel_clear(&gateway.channel);
	grants_close(&gateway);
	secrets_free(gateway.secrets);
	return 0;
}
