/* Requests for pages (w.fetch): libcurl on the dialer's loop, and the stream socket over which a page gives the body and gets the
 * answer. Frames on it: a kind, u32 length (little endian), bytes. docs/PROTOCOL.md, "Requests". Nothing is looked up here and no
 * redirect followed: the caller judged the host and gives the addresses, and no other is connected. Leaves to others: what may be
 * asked for (judge.c), reading the head (http_head.h). */
#ifndef SERVER_DIALER_HTTP_H
#define SERVER_DIALER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <uv.h>

#include "http_head.h"
#include "http_wire.h"

struct http_client;

/* Before the lock. NULL: `problem` says why. file: the CA store's. */
struct http_client *http_client_new(uv_loop_t *loop, const char *file, char *problem, size_t size);
void http_client_free(struct http_client *client); /* ends what is under way; the loop has to run once more */

/* Begins a request; it goes on by itself until the page or the server has ended. addresses: where the host is, judged. *page_fd:
 * the page's end, yours. 0, or an errno: EMFILE too many at once. */
int http_transfer_begin(struct http_client *client, const struct http_head *head, const struct sockaddr_storage *addresses,
	size_t count, int *page_fd);
/* How many are under way. */
size_t http_client_count(const struct http_client *client);

#endif
