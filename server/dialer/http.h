/* HTTP requests of pages (w.fetch): libcurl on the dialer's loop, and for each request a stream socket on which the page sends
 * the body and receives the response. A frame on that socket is a kind, a u32 length (little endian) and bytes (docs/PROTOCOL.md,
 * "Requests"). This file looks no name up and follows no redirect: the caller passes the addresses that it has allowed, and only
 * those are connected. Leaves to others: what may be requested (judge.c), reading the request's head (http_head.h). */
#ifndef SERVER_DIALER_HTTP_H
#define SERVER_DIALER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <uv.h>

#include "http_head.h"
#include "http_wire.h"

struct http_client;

/* Loads libcurl: call it before the process is locked in. file: path of the CA store. NULL: `problem` has the reason. */
struct http_client *http_client_new(uv_loop_t *loop, const char *file, char *problem, size_t size);
/* Ends all requests. The loop must run once more, to free them. */
void http_client_free(struct http_client *client);

/* Starts a request, which continues until the page or the server ends it. addresses: the host's, all of them allowed. *page_fd:
 * the page's end of the socket, which the caller closes. Returns 0 or an errno: EMFILE (HTTP_TRANSFERS_MAX are running, or as
 * many of the session as it may), ENOMEM. */
int http_transfer_begin(struct http_client *client, uint32_t session, const struct http_head *head,
	const struct sockaddr_storage *addresses, size_t count, int *page_fd);
/* The number of running requests. */
size_t http_client_count(const struct http_client *client);

#endif
