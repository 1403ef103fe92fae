#include "ws.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "server/auth/sessions.h"
#include "server/base/gateway.h"

_Static_assert(MESSAGE_HEADROOM >= LWS_PRE, "lws writes its header in front of our bytes");

enum { KEEP = 0, HANG_UP = -1 };
enum { RX_BYTES = 16 << 10, TX_BYTES = 256 << 10, SERV_BYTES = 64 << 10 };

/* Whose socket lws is being given with a head that was taken from it: lws_adopt_socket_vhost_readbuf() takes no opaque pointer,
 * but reads the head before it returns. */
static struct conn *adopting;

/* The head reader lets only checked upgrades through, so whatever asks lws for anything but a WebSocket is hung up on:
 * its HTTP, raw and h2 roles never run (known faults of 4.1.6). The opaque pointer is our connection. */
static int protocol(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct conn *conn;

	if (adopting && reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE) {
		lws_set_opaque_user_data(wsi, adopting);
		adopting = NULL;
	}
	conn = wsi ? lws_get_opaque_user_data(wsi) : NULL;

	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return strcmp(in, "websocket") ? HANG_UP : KEEP;
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return conn ? KEEP : HANG_UP;
	case LWS_CALLBACK_ESTABLISHED:
		conn_open(conn, wsi);
		return KEEP;
	case LWS_CALLBACK_RECEIVE:
		if (!lws_frame_is_binary(wsi)) {
			lws_close_reason(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, (unsigned char *)"binary only", 11);
			return HANG_UP;
		}
		return conn_receive(conn, in, length, lws_is_first_fragment(wsi), lws_is_final_fragment(wsi),
		                    lws_remaining_packet_payload(wsi)) ? KEEP : HANG_UP;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return conn_send_next(conn) ? KEEP : HANG_UP;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return conn->close_sent ? HANG_UP : KEEP; /* the answer to ours isn't answered again */
	case LWS_CALLBACK_WSI_DESTROY:
		if (conn) {
			lws_set_opaque_user_data(wsi, NULL);
			conn_free(conn);
		}
		return KEEP;
	case LWS_CALLBACK_HTTP:
	case LWS_CALLBACK_RAW_ADOPT:
	case LWS_CALLBACK_RAW_CONNECTED:
	case LWS_CALLBACK_RAW_RX:
		return HANG_UP;
	default:
		return KEEP;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "wvwasi.1", .callback = protocol, .rx_buffer_size = RX_BYTES, .tx_packet_size = TX_BYTES },
	{ .name = "wvwasi-watch.1", .callback = protocol, .rx_buffer_size = RX_BYTES, .tx_packet_size = TX_BYTES },
	{ .name = NULL },
};

/* A program that computes for minutes reads nothing, and on loopback a dead peer is told to us by the kernel: no pings. */
static const lws_retry_bo_t no_pings = { .secs_since_valid_ping = 65000, .secs_since_valid_hangup = 65001 };

bool ws_start(struct gateway *gateway)
{
	void *loops[] = { gateway->loop };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.foreign_loops = loops,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.gid = -1,
		.uid = -1,
		.vhost_name = "wvwasi",
		.retry_and_idle_policy = &no_pings,
		.pt_serv_buf_size = SERV_BYTES,
		.max_http_header_data = 16384,
		.fd_limit_per_thread = 4096,
		.server_string = "",
	};

	lws_set_log_level(0, NULL);
	gateway->lws = lws_create_context(&info);
	if (!gateway->lws) {
		fprintf(stderr,
			"wvwasi-gw: cannot start the WebSocket engine: libwebsockets' libuv plugin is missing (package "
			"libwebsockets-evlib-uv)\n");
		return false;
	}
	return lws_create_vhost(gateway->lws, &info) != NULL;
}

void ws_adopt(struct gateway *gateway, int fd, struct session *session, const char *address, struct text head)
{
	lws_adopt_desc_t description = {
		.vh = lws_get_vhost_by_name(gateway->lws, "wvwasi"),
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
		.fd.sockfd = fd,
	};
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	description.opaque = conn_new(gateway, session, address);
	if (!description.opaque) {
		close(fd);
		return;
	}
	if (head.at) {
		adopting = description.opaque;
		lws_adopt_socket_vhost_readbuf(description.vh, fd, head.at, head.length);
		if (adopting)
			conn_free(adopting);
		adopting = NULL;
		return;
	}
	lws_adopt_descriptor_vhost_via_info(&description); /* on failure it closes the socket and says WSI_DESTROY */
}

void ws_stop(struct gateway *gateway)
{
	if (gateway->lws)
		lws_context_destroy(gateway->lws);
	gateway->lws = NULL;
}
