/* The deadlines of connections, and which of them may stand ready without a HELLO. */
#include <libwebsockets.h>
#include <poll.h>

#include "conn.h"
#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/gateway.h"

/* A page holds four ready, two for each of the two programs that it may run next; so those of four pages may stand. */
enum { HELLO_DEADLINE_S = 10, STANDING_DEADLINE_S = 600, STANDING_MAX = 16, MESSAGE_DEADLINE_S = 30 };

static const uint64_t SECOND_NS = 1000000000u;

static bool is_standing(const struct conn *conn) { return !conn->program && !conn->debugger && !conn->closing; }

unsigned conns_standing(const struct session *session)
{
	unsigned count = 0;

	for (const struct conn *conn = conns_first(); conn; conn = conn->next)
		count += conn->session == session && is_standing(conn);
	return count;
}

/* Called for the youngest first. A gateway that is half full keeps its room for those who use it. */
static bool may_stand(const struct conn *conn)
{
	return conn->session->scope == SCOPE_RUN && conn_count() <= (unsigned)conn->gateway->config->max_connections / 2 &&
	       ++conn->session->standing <= STANDING_MAX;
}

/* While we don't read from a socket, we don't see it close either. */
static bool has_left(const struct conn *conn)
{
	struct pollfd fd = { conn->wsi ? lws_get_socket_fd(conn->wsi) : -1, POLLRDHUP, 0 };

	return poll(&fd, 1, 0) == 1 && fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

void conn_sweep(uint64_t now_ns)
{
	for (const struct conn *conn = conns_first(); conn; conn = conn->next)
		conn->session->standing = 0;
	for (struct conn *conn = conns_first(); conn; conn = conn->next) {
		uint64_t age_ns = now_ns - conn->opened_ns;

		if (is_standing(conn) && age_ns > (may_stand(conn) ? STANDING_DEADLINE_S : HELLO_DEADLINE_S) * SECOND_NS)
			conn_close(conn, CLOSE_PROTOCOL, "no hello in time");
		if (conn->in.length && !conn->in.is_whole && now_ns > conn->in.since_ns + MESSAGE_DEADLINE_S * SECOND_NS)
			conn_close(conn, CLOSE_PROTOCOL, "nothing more of a message within thirty seconds");
		if (conn->paused && account_is_full(&conn->session->memory) && has_left(conn))
			conn_close(conn, CLOSE_DONE, "its page has gone");
	}
}
