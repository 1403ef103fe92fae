#include "dialing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "printing.h"
#include "questions.h"
#include "server/base/dialer_messages.h"
#include "server/dialer/dialer.h"

enum { START_MS = 10000 };

static bool begin(struct keeper *keeper, int ours[2], int gateways[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ours) != 0)
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gateways) != 0) {
		close(ours[0]);
		close(ours[1]);
		return false;
	}
	keeper->dialing.pid = fork();
	if (keeper->dialing.pid == 0) {
		close(ours[0]);
		close(gateways[0]);
		state_leave(&keeper->state);
		_exit(dialer_run(keeper->config, gateways[1], ours[1]));
	}
	close(ours[1]);
	close(gateways[1]);
	keeper->dialing.gateway_fd = gateways[0];
	channel_init(&keeper->dialing.channel, ours[0]);
	return keeper->dialing.pid > 0;
}

/* Waits for the dialer's next message. False: none came. */
static bool receive_in_time(struct keeper *keeper, struct channel_message *message)
{
	struct pollfd fd = { .fd = keeper->dialing.channel.fd, .events = POLLIN };

	return poll(&fd, 1, START_MS) == 1 && channel_receive(&keeper->dialing.channel, message) == CHANNEL_MESSAGE;
}

/* Prints with --verbose what the dialer's lock lacks, as for the gateway. */
static bool wait_until_locked(struct keeper *keeper)
{
	static struct channel_message message;
	bool came;

	while ((came = receive_in_time(keeper, &message)) && message.type == DIALER_WARNS)
		keeper_complain("--net: %.*s", (int)message.length, (char *)message.bytes);
	if (!came || message.type != DIALER_READY) {
		keeper_complain("the dialer process (--net) didn't start");
		return false;
	}
	for (char *line = (char *)message.bytes, *rest; keeper->config->verbose && *line; line = rest) {
		rest = line + strcspn(line, "\n");
		keeper_complain("sandbox of the dialer: %.*s", (int)(rest - line), line);
		rest += *rest == '\n';
	}
	if (!message.a)
		keeper_complain("%s: cannot lock the dialer in, as --sandbox=require wants it",
			message.length ? (char *)message.bytes : "incomplete");
	return message.a;
}

bool dialing_begin(struct keeper *keeper)
{
	int ours[2], gateways[2];

	channel_init(&keeper->dialing.channel, -1);
	keeper->dialing.gateway_fd = -1;
	if (!keeper->config->net.count)
		return true;
	if (!begin(keeper, ours, gateways)) {
		keeper_complain("%s: cannot start the dialer process (--net)", strerror(errno));
		return false;
	}
	return wait_until_locked(keeper);
}

void dialing_receive(struct keeper *keeper)
{
	static struct channel_message message;
	enum channel_got got;

	channel_flush(&keeper->dialing.channel);
	while ((got = channel_receive(&keeper->dialing.channel, &message)) == CHANNEL_MESSAGE) {
		if (message.type == DIALER_ASKS)
			question_ask_for_dialer(keeper, &message);
		if (message.fd >= 0)
			close(message.fd);
	}
	if (got == CHANNEL_CLOSED)
		channel_clear(&keeper->dialing.channel);
}

void dialing_leave(struct keeper *keeper)
{
	if (keeper->dialing.channel.fd >= 0)
		close(keeper->dialing.channel.fd);
}

void dialing_end(struct keeper *keeper)
{
	channel_clear(&keeper->dialing.channel);
	if (keeper->dialing.gateway_fd >= 0 && !keeper->gateway)
		close(keeper->dialing.gateway_fd);
	if (keeper->dialing.pid > 0) {
		kill(keeper->dialing.pid, SIGKILL); /* nothing is lost: it has no data of its own */
		while (waitpid(keeper->dialing.pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	keeper->dialing.pid = 0;
}
