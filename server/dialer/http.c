#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_internal.h"

enum { PAIR_BYTES = 1 << 20, SILENCE_MS = 300000 };

/* ---- ends ---- */

static void on_closed(uv_handle_t *handle)
{
	struct http_transfer *transfer = handle->data;

	free(transfer->out);
	free(transfer->head);
	free(transfer);
}

static void drop_easy(struct http_transfer *transfer)
{
	if (!transfer->easy)
		return;
	curl.multi_remove_handle(transfer->client->multi, transfer->easy);
	curl.easy_cleanup(transfer->easy);
	curl.slist_free_all(transfer->headers);
	curl.slist_free_all(transfer->resolve);
	transfer->easy = NULL;
}

static void transfer_end(struct http_transfer *transfer)
{
	if (transfer->closed)
		return;
	transfer->closed = true;
	drop_easy(transfer);
	*transfer->link = transfer->next;
	if (transfer->next)
		transfer->next->link = transfer->link;
	transfer->client->count--;
	uv_close((uv_handle_t *)&transfer->page, on_closed);
	close(transfer->fd);
}

/* ---- to the page ---- */

static void on_page(uv_poll_t *poll, int status, int events);

void http_watch(struct http_transfer *transfer)
{
	int events = UV_DISCONNECT;

	if (transfer->closed)
		return;
	if (transfer->out_at < transfer->out_length)
		events |= UV_WRITABLE;
	if (transfer->read_paused)
		events |= UV_READABLE;
	uv_poll_start(&transfer->page, events, on_page);
}

bool http_reserve(uint8_t **bytes, size_t *room, size_t need)
{
	size_t larger = *room ? *room : 4096;
	uint8_t *grown;

	while (larger < need)
		larger *= 2;
	if (larger == *room)
		return true;
	grown = realloc(*bytes, larger);
	if (!grown)
		return false;
	*bytes = grown;
	*room = larger;
	return true;
}

bool http_flush(struct http_transfer *transfer)
{
	while (transfer->out_at < transfer->out_length) {
		ssize_t sent = send(transfer->fd, transfer->out + transfer->out_at, transfer->out_length - transfer->out_at,
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		transfer->out_at += (size_t)sent;
	}
	transfer->out_at = transfer->out_length = 0;
	return true;
}

bool http_frame_put(struct http_transfer *transfer, enum http_frame kind, const void *bytes, size_t length)
{
	uint8_t *to;

	if (!http_reserve(&transfer->out, &transfer->out_room, transfer->out_length + HTTP_FRAME_HEAD + length))
		return false;
	to = transfer->out + transfer->out_length;
	to[0] = (uint8_t)kind;
	for (int i = 0; i < 4; i++)
		to[1 + i] = (uint8_t)(length >> 8 * i);
	if (length)
		memcpy(to + HTTP_FRAME_HEAD, bytes, length);
	transfer->out_length += HTTP_FRAME_HEAD + length;
	return true;
}

/* ---- the answer's body ---- */

size_t http_on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_transfer *transfer = context;
	size_t length = size * count;

	transfer->moved_at = uv_now(transfer->client->loop);
	if (transfer->out_at < transfer->out_length) {
		transfer->write_paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (!length)
		return 0;
	if (!http_frame_put(transfer, HTTP_BODY, bytes, length) || !http_flush(transfer))
		return 0; /* which makes libcurl end the request */
	http_watch(transfer);
	return length;
}

/* ---- from the page ---- */

/* Reads a frame's head. 1: done; 0: more has to come; -1: malformed, or the page has closed the socket. */
static int frame_head(struct http_transfer *transfer)
{
	while (transfer->frame_have < HTTP_FRAME_HEAD) {
		ssize_t got = recv(transfer->fd, transfer->frame + transfer->frame_have, HTTP_FRAME_HEAD - transfer->frame_have,
			MSG_DONTWAIT);

		if (got <= 0)
			return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
		transfer->frame_have += (size_t)got;
	}
	transfer->frame_have = 0;
	transfer->frame_left = 0;
	for (int i = 0; i < 4; i++)
		transfer->frame_left |= (uint32_t)transfer->frame[1 + i] << 8 * i;
	if (transfer->frame[0] == HTTP_END && !transfer->frame_left) {
		transfer->body_ended = true;
		return transfer->body_is_known && transfer->body_left ? -1 : 1;
	}
	if (transfer->frame[0] != HTTP_BODY || transfer->frame_left > HTTP_FRAME_MAX)
		return -1;
	return transfer->body_is_known && transfer->frame_left > transfer->body_left ? -1 : 1;
}

size_t http_on_upload(char *bytes, size_t size, size_t count, void *context)
{
	struct http_transfer *transfer = context;
	size_t room = size * count, done = 0;
	int head = 1;

	while (done < room && !transfer->body_ended && head > 0) {
		size_t most = room - done < transfer->frame_left ? room - done : transfer->frame_left;
		ssize_t got;

		if (!transfer->frame_left) {
			head = frame_head(transfer);
			continue;
		}
		got = recv(transfer->fd, bytes + done, most, MSG_DONTWAIT);
		if (got <= 0) {
			head = got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
			continue;
		}
		transfer->frame_left -= (uint32_t)got;
		transfer->body_left -= transfer->body_is_known ? (uint64_t)got : 0;
		done += (size_t)got;
	}
	transfer->moved_at = uv_now(transfer->client->loop);
	if (head < 0) {
		transfer->body_broken = true;
		return CURL_READFUNC_ABORT;
	}
	transfer->read_paused = !done && !transfer->body_ended;
	http_watch(transfer);
	return transfer->read_paused ? CURL_READFUNC_PAUSE : done;
}

/* ---- turns ---- */

static bool page_has_gone(struct http_transfer *transfer)
{
	char byte;

	return recv(transfer->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void on_page(uv_poll_t *poll, int status, int events)
{
	struct http_transfer *transfer = poll->data;

	if (transfer->closed)
		return;
	/* A page aborts a request by closing the socket: what it sent before that is dropped. */
	if (status < 0 || events & UV_DISCONNECT || !http_flush(transfer) || (events & UV_READABLE && page_has_gone(transfer))) {
		transfer_end(transfer);
		return;
	}
	if (!transfer->easy && !transfer->out_length) {
		transfer_end(transfer);
		return;
	}
	if ((transfer->write_paused && !transfer->out_length) || (transfer->read_paused && events & UV_READABLE)) {
		transfer->write_paused = transfer->write_paused && transfer->out_length;
		transfer->read_paused = false;
		http_loop_go_on(transfer);
	}
	http_watch(transfer);
}

static enum http_error error_of(CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return HTTP_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMED_OUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return HTTP_NOT_TRUSTED;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return HTTP_BROKEN;
	default:
		return HTTP_FAILED;
	}
}

/* libcurl chose a connection to an address that isn't allowed: starts again on a new one. Nothing was sent yet. False: that
 * wasn't the reason, or it can't start. */
static bool again_afresh(struct http_transfer *transfer)
{
	if (!transfer->is_elsewhere)
		return false;
	transfer->is_elsewhere = false;
	curl.multi_remove_handle(transfer->client->multi, transfer->easy);
	return curl.easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl.multi_add_handle(transfer->client->multi, transfer->easy) == CURLM_OK;
}

void http_transfer_done(struct http_transfer *transfer, CURLcode result)
{
	char text[1 + CURL_ERROR_SIZE + 64];
	bool good = result == CURLE_OK && transfer->head_sent;

	if (result == CURLE_ABORTED_BY_CALLBACK && again_afresh(transfer))
		return;
	drop_easy(transfer);
	transfer->read_paused = false;
	if (transfer->head_failed)
		snprintf(text + 1, sizeof text - 1, "the response's head is too large, or isn't HTTP");
	else if (transfer->body_broken)
		snprintf(text + 1, sizeof text - 1, "the request's body isn't as long as it said");
	else
		snprintf(text + 1, sizeof text - 1, "%s", transfer->problem[0] ? transfer->problem : curl.easy_strerror(result));
	text[0] = (char)(transfer->head_failed ? HTTP_TOO_LARGE : error_of(result));
	if (!http_frame_put(transfer, good ? HTTP_END : HTTP_ERROR, text, good ? 0 : 1 + strlen(text + 1)) || !http_flush(transfer) ||
	    !transfer->out_length)
		transfer_end(transfer);
	else
		http_watch(transfer);
}

/* ---- beginning ---- */

static bool pair_open(struct http_transfer *transfer, int *page_fd)
{
	int pair[2], bytes = PAIR_BYTES;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	if (uv_poll_init(transfer->client->loop, &transfer->page, pair[0]) != 0) {
		close(pair[0]);
		close(pair[1]);
		errno = ENOMEM;
		return false;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	transfer->page.data = transfer;
	transfer->fd = pair[0];
	*page_fd = pair[1];
	return true;
}

static void transfer_link(struct http_transfer *transfer)
{
	struct http_client *client = transfer->client;

	transfer->next = client->transfers;
	transfer->link = &client->transfers;
	if (client->transfers)
		client->transfers->link = &transfer->next;
	client->transfers = transfer;
	client->count++;
}

static size_t transfers_of(const struct http_client *client, uint32_t session)
{
	size_t count = 0;

	for (const struct http_transfer *transfer = client->transfers; transfer; transfer = transfer->next)
		count += transfer->session == session;
	return count;
}

int http_transfer_begin(struct http_client *client, uint32_t session, const struct http_head *head,
	const struct sockaddr_storage *addresses, size_t count, int *page_fd)
{
	bool may = client->count < HTTP_TRANSFERS_MAX && transfers_of(client, session) < HTTP_TRANSFERS_OF_SESSION;
	struct http_transfer *transfer = may ? calloc(1, sizeof *transfer) : NULL;

	if (!transfer)
		return may ? ENOMEM : EMFILE;
	transfer->client = client;
	transfer->session = session;
	transfer->moved_at = uv_now(client->loop);
	transfer->body_is_known = head->body == HTTP_BODY_KNOWN;
	transfer->body_left = head->body_length;
	transfer->addresses_count = count < HTTP_ADDRESSES_MAX ? count : HTTP_ADDRESSES_MAX;
	memcpy(transfer->addresses, addresses, transfer->addresses_count * sizeof *addresses);
	if (!pair_open(transfer, page_fd)) {
		free(transfer);
		return errno;
	}
	transfer_link(transfer);
	transfer->easy = curl.easy_init();
	if (!transfer->easy || !http_setup(transfer, head) || curl.multi_add_handle(client->multi, transfer->easy) != CURLM_OK) {
		transfer_end(transfer);
		close(*page_fd);
		return ENOMEM;
	}
	http_watch(transfer);
	http_loop_await(client);
	return 0;
}

size_t http_client_count(const struct http_client *client)
{
	return client->count;
}

struct http_client *http_client_new(uv_loop_t *loop, const char *file, char *problem, size_t size)
{
	struct http_client *client = curl_load(problem, size) ? calloc(1, sizeof *client) : NULL;

	if (!client)
		return NULL;
	client->loop = loop;
	client->silence_ms = SILENCE_MS;
	snprintf(client->file, sizeof client->file, "%s", file);
	if (!http_loop_open(client)) {
		snprintf(problem, size, "libcurl doesn't start: no memory");
		free(client);
		return NULL;
	}
	return client;
}

void http_client_free(struct http_client *client)
{
	while (client->transfers)
		transfer_end(client->transfers);
	http_loop_close(client);
}
