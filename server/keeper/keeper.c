#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/base/browser.h"
#include "server/base/digest.h"
#include "advice.h"
#include "commands.h"
#include "dialing.h"
#include "ending.h"
#include "folders.h"
#include "keys.h"
#include "printing.h"
#include "questions.h"
#include "record_file.h"
#include "served.h"
#include "terminal_keys.h"
#include "windows.h"

/* ---- signals ---- */

static int signal_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
	int error = errno;
	char byte = (char)number;

	if (write(signal_pipe[1], &byte, 1) < 0) {} /* the pipe is full: a signal is pending already */
	errno = error;
}

static bool signals_start(void)
{
	/* Without SA_RESTART: a signal interrupts a write to a stuck terminal. */
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		sigaction(ends[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	return true;
}

/* ---- messages of the gateway ---- */

/* The gateway has checked the profile; the keeper writes its bytes unread. */
static void on_profile(struct keeper *keeper, const struct channel_message *message)
{
	struct profile_key key;

	if (keeper->profiles.fd < 0 || message->length < sizeof key)
		return;
	memcpy(&key, message->bytes, sizeof key);
	if (profile_folder_write(&keeper->profiles, &key, message->bytes + sizeof key, message->length - sizeof key))
		return;
	keeper_complain("%s: cannot keep a start profile in '%s'", strerror(errno), keeper->profiles.path);
	profile_folder_close(&keeper->profiles); /* so it is said once */
}

static void on_ready(struct keeper *keeper, const struct channel_message *message)
{
	keeper->ready = true;
	keeper->port = (int)message->a;
	folders_restore(keeper);
	served_announce(keeper);
	print_add(keeper, STDOUT_FILENO, message->bytes, message->length, 0, true);
	if (keeper_is_interactive(keeper)) {
		advise_ssh(keeper);
		keys_print(keeper);
	}
	if (keeper->config->open)
		channel_send(&keeper->channel, DO_BROWSE, 0, 0, NULL, 0, -1);
	if (keeper->config->webview)
		windows_begin(keeper);
}

static void on_answer(struct keeper *keeper, const struct channel_message *message)
{
	control_say(&keeper->control, message->a, (const char *)message->bytes);
}

static void on_closed(struct keeper *keeper, const struct channel_message *message)
{
	windows_closed(keeper, message->a, message->b);
}

static void on_line(struct keeper *keeper, const struct channel_message *message)
{
	print_add(keeper, STDOUT_FILENO, message->bytes, message->length, 0, true);
}

static void on_warn(struct keeper *keeper, const struct channel_message *message)
{
	print_add(keeper, STDERR_FILENO, message->bytes, message->length, 0, true);
}

static void on_output(struct keeper *keeper, const struct channel_message *message)
{
	print_add(keeper, message->a == 2 ? STDERR_FILENO : STDOUT_FILENO, message->bytes, message->length, message->b,
	          keeper->config->json);
}

static void on_remember(struct keeper *keeper, const struct channel_message *message)
{
	if (!remembered_add(&keeper->lan.remembered, message->bytes, message->length))
		keeper_complain("%s: cannot remember the paired machine", strerror(errno));
}

static void on_forget(struct keeper *keeper, const struct channel_message *message)
{
	if (!remembered_remove(&keeper->lan.remembered, message->bytes, message->length))
		keeper_complain("%s: cannot forget the paired machine: the next start with --remember admits it again", strerror(errno));
}

static void on_browse(struct keeper *keeper, const struct channel_message *message)
{
	if (!browser_open((const char *)message->bytes))
		advise_browser(errno);
}

static void on_stdin_room(struct keeper *keeper, const struct channel_message *message)
{
	keeper->stdin_room = message->a;
	question_keys_lent(keeper);
}

static void on_done(struct keeper *keeper, const struct channel_message *message)
{
	keeper->done = true;
	keeper->exit_code = (int)message->a;
	keeper_quit(keeper);
}

static void on_upstream_wanted(struct keeper *keeper, const struct channel_message *message)
{
	int fd = served_connect(keeper->config);

	channel_send(&keeper->channel, DO_UPSTREAM, fd < 0 ? (uint32_t)errno : 0, 0, NULL, 0, fd);
	if (fd >= 0)
		close(fd);
}

static void on_program_wanted(struct keeper *keeper, const struct channel_message *message)
{
	int fd = served_open(keeper->config, message->a);

	channel_send(&keeper->channel, DO_PROGRAM, fd < 0 ? (uint32_t)errno : 0, message->a, NULL, 0, fd);
	if (fd >= 0)
		close(fd);
}

typedef void message_handler(struct keeper *keeper, const struct channel_message *message);

static message_handler *const handlers[TO_KEEPER_END] = {
	[SAY_READY] = on_ready,
	[SAY_LINE] = on_line,
	[SAY_WARN] = on_warn,
	[SAY_OUTPUT] = on_output,
	[SAY_BROWSE] = on_browse,
	[SAY_STDIN_ROOM] = on_stdin_room,
	[SAY_DONE] = on_done,
	[SAY_REMEMBER] = on_remember,
	[SAY_FORGET] = on_forget,
	[SAY_ASK] = question_pairing_request,
	[ASK_PROGRAM] = on_program_wanted,
	[ASK_UPSTREAM] = on_upstream_wanted,
	[SAY_ANSWER] = on_answer,
	[ASK_USER] = question_ask,
	[SAY_PROFILE] = on_profile,
	[SAY_CLOSED] = on_closed,
	[ASK_FOLDER] = question_ask_for_folder,
};

static void on_message(struct keeper *keeper, struct channel_message *message)
{
	if (message->type < TO_KEEPER_END && handlers[message->type])
		handlers[message->type](keeper, message);
	if (message->fd >= 0)
		close(message->fd);
}

/* ---- the certificate ---- */

static void certificate_look(struct keeper *keeper)
{
	static char bytes[sizeof keeper->lan.credentials];
	size_t length;

	if (!keeper->lan.wanted || keeper->quitting || keeper_now_ms() - keeper->renew_ms < 1000u * (uint64_t)keeper->config->renew_s)
		return;
	keeper->renew_ms = keeper_now_ms();
	if (!lan_renew(&keeper->lan, keeper->config)) {
		credentials_clear(&keeper->lan.credentials);
		return;
	}
	length = strlen(keeper->lan.credentials.certificate) + 1;
	memcpy(bytes, keeper->lan.credentials.certificate, length);
	strcpy(bytes + length, keeper->lan.credentials.key);
	length += strlen(keeper->lan.credentials.key) + 1;
	credentials_clear(&keeper->lan.credentials);
	channel_send(&keeper->channel, DO_CERTIFICATE, 0, 0, bytes, length, -1);
	secret_forget(bytes, sizeof bytes);
}

/* poll(2)'s timeout, shortened to the next look at the certificate. */
static int certificate_wait(const struct keeper *keeper, int timeout)
{
	uint64_t due_ms = keeper->renew_ms + 1000u * (uint64_t)keeper->config->renew_s, now = keeper_now_ms();
	int left = due_ms > now ? (int)(due_ms - now) : 0;

	return !keeper->lan.wanted || (timeout >= 0 && timeout < left) ? timeout : left;
}

/* ---- the loop ---- */

/* False: the gateway has gone. */
static bool turn(struct keeper *keeper)
{
	enum { CHANNEL, DIALER, SIGNALS, INPUT, OUTPUT, PROMPT, CONTROL };
	static struct channel_message message;
	struct pollfd fds[CONTROL + CONTROL_FDS] = {
		[CHANNEL] = { .fd = keeper->channel.fd, .events = channel_wants_to_write(&keeper->channel) ? POLLOUT : 0 },
		[DIALER] = { .fd = keeper->dialing.channel.fd, 
			.events = POLLIN | (channel_wants_to_write(&keeper->dialing.channel) ? POLLOUT : 0) },
		[SIGNALS] = { .fd = signal_pipe[0], .events = POLLIN },
		[INPUT] = { .fd = keeper->ready && commands_wanted(keeper) ? STDIN_FILENO : -1, .events = POLLIN },
		[OUTPUT] = { .fd = print_to(keeper), .events = POLLOUT },
		[PROMPT] = { .fd = keeper->prompt.fd, .events = POLLIN },
	};
	int timeout = keeper->quitting || (keeper->is_tty[0] && fds[INPUT].fd < 0) ? 100 : -1;
	enum channel_got got = CHANNEL_MESSAGE;
	char number;
	int wait_ms;

	terminal_keys_want(keeper->ready && !keeper->quitting && !keeper->stdin_room && !keeper->prompt.pid &&
	                   keeper_is_interactive(keeper));
	wait_ms = certificate_wait(keeper, question_wait(keeper, timeout));
	control_poll(&keeper->control, fds + CONTROL);
	/* While stdout is stuck, no message of the gateway is read; programs' output then stops by its credit. */
	if (!keeper->prints)
		fds[CHANNEL].events |= POLLIN;
	if (poll(fds, sizeof fds / sizeof *fds, wait_ms) < 0 && errno != EINTR)
		return false;
	certificate_look(keeper);
	channel_flush(&keeper->channel);
	print_some(keeper);
	while (read(signal_pipe[0], &number, 1) == 1)
		keeper_quit(keeper);
	if (fds[CHANNEL].revents & (POLLIN | POLLHUP | POLLERR))
		for (int i = 0; i < 64 && got == CHANNEL_MESSAGE; i++)
			if ((got = channel_receive(&keeper->channel, &message)) == CHANNEL_MESSAGE)
				on_message(keeper, &message);
	if (fds[DIALER].revents)
		dialing_receive(keeper);
	control_turn(&keeper->control, fds + CONTROL, commands_receive, keeper);
	if (fds[PROMPT].revents && fds[PROMPT].fd == keeper->prompt.fd)
		question_prompted(keeper);
	/* what is typed after Ctrl-C is the shell's, and while a prompt is shown bash's */
	if (fds[INPUT].revents && !keeper->quitting && !keeper->prompt.pid)
		commands_take(keeper);
	keeper_end_look(keeper);
	question_look(keeper);
	return got != CHANNEL_CLOSED;
}

static int gateway_reap(struct keeper *keeper)
{
	char why[128], line[160];
	int status = 0;

	while (waitpid(keeper->gateway, &status, 0) < 0 && errno == EINTR)
		;
	/* prints the last lines, but not longer than half a second on a stuck terminal */
	for (int i = 0; keeper->prints && i < 50; i++) {
		struct pollfd to = { .fd = print_to(keeper), .events = POLLOUT };

		poll(&to, 1, 10);
		print_some(keeper);
	}
	if (keeper->done)
		return keeper->exit_code;
	if (keeper->quitting)
		return 0;
	if (!keeper->ready && WIFEXITED(status) && WEXITSTATUS(status)) /* the gateway has said why */
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "the gateway process was ended by signal %d (%s)", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else
		snprintf(why, sizeof why, "the gateway process has ended unexpectedly");
	keeper_complain("%s", why);
	snprintf(line, sizeof line, "{\"event\":\"end\",\"why\":\"%s\"}", why);
	control_say(&keeper->control, 0, line);
	return 1;
}

/* ---- the start ---- */

static bool gateway_fork(struct keeper *keeper, int port, gateway_run_function *gateway_run)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	keeper->gateway = fork();
	if (keeper->gateway == 0) {
		close(pair[0]);
		close(signal_pipe[0]);
		close(signal_pipe[1]);
		state_leave(&keeper->state); /* the lock stays with the keeper */
		dialing_leave(keeper);
		_exit(gateway_run(keeper->config, pair[1], keeper->dialing.gateway_fd, port, &keeper->lan, &keeper->profiles,
		                  &keeper->grantable, keeper->record_fd));
	}
	close(pair[1]);
	if (keeper->dialing.gateway_fd >= 0)
		close(keeper->dialing.gateway_fd);
	if (keeper->record_fd >= 0)
		close(keeper->record_fd);
	credentials_clear(&keeper->lan.credentials);
	grantable_forget(&keeper->grantable);
	keeper->renew_ms = keeper_now_ms();
	channel_init(&keeper->channel, pair[0]);
	return keeper->gateway > 0;
}

int keeper_run(const struct config *config, gateway_run_function *gateway_run)
{
	static struct keeper keeper;
	char why[GRANTABLE_WHY];
	int port, exit_code = 1;

	keeper.config = config;
	prompt_init(&keeper.prompt);
	keeper.last_print = &keeper.prints;
	keeper.channel.fd = -1;
	control_init(&keeper.control);
	for (int fd = 0; fd < 3; fd++)
		keeper.is_tty[fd] = isatty(fd);
	if (!served_is_there(config) || (port = served_port(&keeper, &exit_code)) < 0)
		return exit_code;
	if (!grantable_open(&keeper.grantable, config->ask, why)) {
		keeper_complain("%s", why);
		state_close(&keeper.state);
		return 2;
	}
	/* the dialer first: it knows nothing of what the others have open */
	if (!dialing_begin(&keeper) || !lan_prepare(&keeper.lan, config)) {
		dialing_end(&keeper);
		state_close(&keeper.state);
		return 1;
	}
	remembered_open(&keeper.lan.remembered, keeper.state.fd < 0 || !config->lan ? -1 : keeper.state.folder_fd, keeper.state.name,
	                config->remember, time(NULL));
	keeper.record_fd = config->record ? record_file_make(config->record) : -1;
	if (config->record && keeper.record_fd < 0) {
		dialing_end(&keeper);
		state_close(&keeper.state);
		return 1;
	}
	keeper.profiles.fd = -1;
	if (config->profile == PROFILE_ON && !config->ephemeral && !profile_folder_open(&keeper.profiles))
		keeper_complain("%s: cannot keep start profiles in '%s', so programs start as if for the first time", strerror(errno),
		                keeper.profiles.path);
	keeper.description = config_describe(config);
	if (!signals_start() || !gateway_fork(&keeper, port, gateway_run)) {
		keeper_complain("%s: cannot start the gateway process", strerror(errno));
	} else {
		while (turn(&keeper))
			;
		terminal_keys_give_back();
		exit_code = gateway_reap(&keeper);
	}
	if (config->record && !keeper.ready) /* nothing is in it */
		unlink(config->record);
	prompt_end(&keeper.prompt);
	folders_clear(&keeper);
	channel_clear(&keeper.channel);
	dialing_end(&keeper);
	control_close(&keeper.control);
	profile_folder_close(&keeper.profiles);
	state_close(&keeper.state);
	cJSON_free(keeper.description);
	return exit_code;
}
