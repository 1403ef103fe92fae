/* Shared by http.c (one request), http_setup.c (its options), http_answer.c (its response's head) and http_loop.c (libcurl on the
 * loop). */
#ifndef SERVER_DIALER_HTTP_INTERNAL_H
#define SERVER_DIALER_HTTP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "curl.h"
#include "http_wire.h"

struct http_head;

struct http_transfer {
	struct http_client *client;
	uint32_t session;
	struct http_transfer *next, **link;
	CURL *easy;                      /* NULL: libcurl has finished */
	struct curl_slist *headers, *resolve;
	struct sockaddr_storage addresses[HTTP_ADDRESSES_MAX];
	size_t addresses_count;
	int fd;                          /* our end of the socket pair */
	uv_poll_t page;
	bool closed;

	/* bytes for the page that the socket had no room for */
	uint8_t *out;
	size_t out_at, out_length, out_room;
	bool write_paused;

	/* the response's head, while it arrives */
	uint8_t *head;
	size_t head_length, head_room;
	unsigned head_count, status, version;
	bool head_sent, head_failed;

	/* the page's frames */
	uint8_t frame[HTTP_FRAME_HEAD];
	size_t frame_have;
	uint32_t frame_left;             /* bytes of the current BODY that haven't come yet */
	bool body_ended, body_broken, read_paused;
	bool body_is_known;
	uint64_t body_left;              /* if the length is known: the server would take one byte more for the next request */
	bool is_elsewhere;               /* libcurl chose a connection to an address that this request may not use */
	uint64_t moved_at;               /* uv_now() when the server last made progress, or when we last waited for the page */
	char problem[CURL_ERROR_SIZE];
};

struct http_client {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer, silence;
	uint64_t silence_ms;             /* a request fails after this time without progress by the server */
	struct http_transfer *transfers;
	size_t count;
	char file[1024];                 /* the CA store's path */
};

/* http_loop.c: connects libcurl's sockets and timer to the loop. False: no memory. */
bool http_loop_open(struct http_client *client);
void http_loop_close(struct http_client *client);
/* Starts the timer that fails requests whose server makes no progress. */
void http_loop_await(struct http_client *client);
/* Resumes a paused transfer. */
void http_loop_go_on(struct http_transfer *transfer);

/* http.c: libcurl has finished the transfer; sends END or ERROR to the page. */
void http_transfer_done(struct http_transfer *transfer, CURLcode result);
/* Polls the page's socket for what the transfer waits for. */
void http_watch(struct http_transfer *transfer);
/* Grows the buffer to at least `need` bytes. False: no memory. */
bool http_reserve(uint8_t **bytes, size_t *room, size_t need);
/* Queues a frame for the page. At most a head and one piece of the body are queued at once. False: no memory. */
bool http_frame_put(struct http_transfer *transfer, enum http_frame kind, const void *bytes, size_t length);
/* Sends the queued bytes that the socket has room for. False: the page has closed it. */
bool http_flush(struct http_transfer *transfer);

/* http_setup.c: sets libcurl's options for the request. False: no memory. */
bool http_setup(struct http_transfer *transfer, const struct http_head *head);

/* Called by libcurl: http_answer.c's, then two of http.c's. */
size_t http_on_header(char *bytes, size_t size, size_t count, void *context);
size_t http_on_body(char *bytes, size_t size, size_t count, void *context);
size_t http_on_upload(char *bytes, size_t size, size_t count, void *context);

#endif
