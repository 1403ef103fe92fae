/* A WebSocket with nothing behind it: the gateway's library, loop and settings. Every binary message comes back as it is; the
 * text `down N` is answered with N bytes, in messages of 256 KiB; after `up N` the next N bytes are swallowed, and then an empty
 * message says so. The peer of bench/server.js and bench/calls.js: `echo` prints its port. Loopback alone. */
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RX_BYTES = 16 << 10, TX_BYTES = 256 << 10, SERV_BYTES = 64 << 10, MESSAGE_MAX = 8 << 20 };

struct seat {
	unsigned char *bytes; /* LWS_PRE, then what has come of the message */
	size_t length;
	size_t down, up; /* bytes that are still to be sent, and to come */
};

enum { MESSAGE_DOWN = 256 << 10 };
static unsigned char zeros[LWS_PRE + MESSAGE_DOWN];

static void command(struct lws *wsi, struct seat *seat, const char *text)
{
	if (sscanf(text, "down %zu", &seat->down) == 1)
		lws_callback_on_writable(wsi);
	else
		sscanf(text, "up %zu", &seat->up);
}

static int send_down(struct lws *wsi, struct seat *seat)
{
	size_t length = seat->down < MESSAGE_DOWN ? seat->down : MESSAGE_DOWN;

	if (length == 0)
		return 0;
	seat->down -= length;
	if (seat->down)
		lws_callback_on_writable(wsi);
	return lws_write(wsi, zeros + LWS_PRE, length, LWS_WRITE_BINARY) < (int)length ? -1 : 0;
}

static struct lws_context *context;

static int protocol(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct seat *seat = user;

	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		seat->bytes = malloc(LWS_PRE + MESSAGE_MAX + 1);
		return seat->bytes ? 0 : -1;
	case LWS_CALLBACK_RECEIVE:
		if (seat->length + length > MESSAGE_MAX)
			return -1;
		memcpy(seat->bytes + LWS_PRE + seat->length, in, length);
		seat->length += length;
		if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
			return 0;
		length = seat->length;
		seat->length = 0;
		if (!lws_frame_is_binary(wsi)) {
			seat->bytes[LWS_PRE + length] = 0;
			command(wsi, seat, (char *)seat->bytes + LWS_PRE);
			return 0;
		}
		if (seat->up) {
			seat->up -= length < seat->up ? length : seat->up;
			length = 0;
			if (seat->up)
				return 0;
		}
		return lws_write(wsi, seat->bytes + LWS_PRE, length, LWS_WRITE_BINARY) < (int)length ? -1 : 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return send_down(wsi, seat);
	case LWS_CALLBACK_CLOSED:
		free(seat->bytes);
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "echo", .callback = protocol, .per_session_data_size = sizeof(struct seat), .rx_buffer_size = RX_BYTES,
		.tx_packet_size = TX_BYTES },
	{ .name = NULL },
};

static void stop(int signal)
{
	lws_context_destroy(context);
	_exit(0);
}

int main(void)
{
	struct lws_context_creation_info info = {
		.iface = "127.0.0.1", .protocols = protocols, .pt_serv_buf_size = SERV_BYTES, .gid = -1, .uid = -1,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS, .vhost_name = "echo",
	};
	struct lws_vhost *vhost;

	lws_set_log_level(LLL_ERR, NULL);
	context = lws_create_context(&info);
	vhost = context ? lws_create_vhost(context, &info) : NULL;
	if (!vhost)
		return 1;
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	printf("%d\n", lws_get_vhost_listen_port(vhost));
	fflush(stdout);
	return lws_service(context, 0) < 0;
}
