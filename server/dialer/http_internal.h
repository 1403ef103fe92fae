/* What http.c (one request) and http_loop.c (libcurl on the loop) share. */
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
	struct http_transfer *next, **link;
	CURL *easy;                      /* NULL: libcurl is done with it */
	struct curl_slist *headers, *resolve;
	struct sockaddr_storage addresses[HTTP_ADDRESSES_MAX];
	size_t addresses_count;
	int fd;                          /* ours of the pair */
	uv_poll_t page;
	bool closed;

	/* to the page: what the socket didn't take */
	uint8_t *out;
	size_t out_at, out_length, out_room;
	bool write_paused;

	/* the answer's head, while it comes */
	uint8_t *head;
	size_t head_length, head_room;
	unsigned head_count, status, version;
	bool head_sent, head_failed;

	/* from the page */
	uint8_t frame[HTTP_FRAME_HEAD];
	size_t frame_have;
	uint32_t frame_left;             /* of a BODY, that come next */
	bool body_ended, body_broken, read_paused;
	bool body_is_known;
	uint64_t body_left;              /* of a known one: not a byte more is sent, the server would take it for the next request */
	bool is_elsewhere;               /* libcurl had a connection to an address that wasn't judged for this one */
	uint64_t moved_at;               /* uv_now(): when the server last did something, or the page was waited for */
	char problem[CURL_ERROR_SIZE];
};

struct http_client {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer, silence;
	uint64_t silence_ms;             /* a server that does nothing for so long has failed */
	struct http_transfer *transfers;
	size_t count;
	char file[1024];
};

/* http_loop.c */
bool http_loop_open(struct http_client *client);
void http_loop_close(struct http_client *client);
/* Looks whether libcurl has finished something. */
void http_loop_look(struct http_client *client);
/* Sees to it that a server which does nothing is given up. */
void http_loop_await(struct http_client *client);
/* Goes on with a transfer that was paused. */
void http_loop_go_on(struct http_transfer *transfer);

/* http.c: libcurl is done with it. */
void http_transfer_done(struct http_transfer *transfer, CURLcode result);
/* What it waits for of the page. */
void http_watch(struct http_transfer *transfer);
/* Room for `need` bytes in all. False: no memory. */
bool http_reserve(uint8_t **bytes, size_t *room, size_t need);
/* Queues a frame to the page: never more than one piece of a body, and the head before it. False: no memory. */
bool http_frame_put(struct http_transfer *transfer, enum http_frame kind, const void *bytes, size_t length);
/* Sends what is queued, as far as the socket takes it. False: the page has gone. */
bool http_flush(struct http_transfer *transfer);

/* http_setup.c: what libcurl is told of the request. False: no memory. */
bool http_setup(struct http_transfer *transfer, const struct http_head *head);

/* libcurl's callbacks: http_answer.c's, then http.c's. */
size_t http_on_header(char *bytes, size_t size, size_t count, void *context);
size_t http_on_body(char *bytes, size_t size, size_t count, void *context);
size_t http_on_upload(char *bytes, size_t size, size_t count, void *context);

#endif
