#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
	uint32_t type, a, b;
};

struct packet {
	struct packet *next;
	struct head head;
	int fd; /* ours, or -1 */
	size_t length;
	uint8_t bytes[];
};

void channel_init(struct channel *channel, int fd)
{
	*channel = (struct channel){ .fd = fd };
	channel->last = &channel->first;
}

/* The first one is done with. */
static void packet_drop(struct channel *channel)
{
	struct packet *packet = channel->first;

	channel->first = packet->next;
	if (!channel->first)
		channel->last = &channel->first;
	channel->queued -= sizeof *packet + packet->length;
	if (packet->fd >= 0)
		close(packet->fd);
	free(packet);
}

void channel_clear(struct channel *channel)
{
	while (channel->first)
		packet_drop(channel);
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
}

static bool packet_send(int to, struct head *head, const void *bytes, size_t length, int pass_fd)
{
	struct iovec parts[2] = { { head, sizeof *head }, { (void *)bytes, length } };
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent;

	if (pass_fd >= 0) {
		struct cmsghdr *rights;

		message.msg_control = &control;
		message.msg_controllen = sizeof control.bytes;
		rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &pass_fd, sizeof pass_fd);
	}
	do
		sent = sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

bool channel_send(struct channel *channel, uint32_t type, uint32_t a, uint32_t b, const void *bytes, size_t length, int pass_fd)
{
	struct head head = { type, a, b };
	struct packet *packet;

	if (length > CHANNEL_BYTES_MAX)
		length = CHANNEL_BYTES_MAX;
	channel_flush(channel);
	if (!channel->first && packet_send(channel->fd, &head, bytes, length, pass_fd))
		return true;
	if (!channel->first && errno != EAGAIN)
		return false;
	packet = malloc(sizeof *packet + length);
	if (!packet)
		return false;
	packet->fd = pass_fd < 0 ? -1 : fcntl(pass_fd, F_DUPFD_CLOEXEC, 0);
	if (pass_fd >= 0 && packet->fd < 0) {
		free(packet);
		return false;
	}
	packet->next = NULL;
	packet->head = head;
	packet->length = length;
	if (length)
		memcpy(packet->bytes, bytes, length);
	*channel->last = packet;
	channel->last = &packet->next;
	channel->queued += sizeof *packet + length;
	if (channel->on_queued)
		channel->on_queued(channel->context);
	return true;
}

void channel_flush(struct channel *channel)
{
	while (channel->first) {
		struct packet *packet = channel->first;

		if (!packet_send(channel->fd, &packet->head, packet->bytes, packet->length, packet->fd) && errno == EAGAIN)
			return;
		packet_drop(channel);
	}
}

bool channel_wants_to_write(const struct channel *channel)
{
	return channel->first != NULL;
}

enum channel_got channel_receive(struct channel *channel, struct channel_message *message)
{
	struct head head;
	struct iovec parts[2] = { { &head, sizeof head }, { message->bytes, CHANNEL_BYTES_MAX } };
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr got = { .msg_iov = parts, .msg_iovlen = 2, .msg_control = &control,
		.msg_controllen = CMSG_LEN(sizeof(int)) /* the padding would hold another one, for which nobody looks */ };
	const struct cmsghdr *rights;
	ssize_t length;

	do
		length = recvmsg(channel->fd, &got, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 0 && errno == EAGAIN)
		return CHANNEL_NOTHING;
	if (length < (ssize_t)sizeof head)
		return CHANNEL_CLOSED;
	message->type = head.type;
	message->a = head.a;
	message->b = head.b;
	message->length = (size_t)length - sizeof head;
	message->bytes[message->length] = 0;
	message->fd = -1;
	rights = CMSG_FIRSTHDR(&got);
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS)
		memcpy(&message->fd, CMSG_DATA(rights), sizeof message->fd);
	return CHANNEL_MESSAGE;
}
