/* Connects libcurl's sockets and timer to libuv's loop. */
#include <stdio.h>
#include <stdlib.h>

#include "http_internal.h"

struct socket_poll {
	uv_poll_t poll;
	curl_socket_t socket;
	struct http_client *client;
};

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Handles the transfers that libcurl has finished. */
static void look(struct http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl.multi_info_read(client->multi, &left))) {
		struct http_transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		http_transfer_done(transfer, message->data.result);
	}
}

static void act(struct http_client *client, curl_socket_t socket, int flags)
{
	int running;

	curl.multi_socket_action(client->multi, socket, flags, &running);
	look(client);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	const struct socket_poll *its = poll->data;
	int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);

	act(its->client, its->socket, status < 0 ? CURL_CSELECT_ERR : flags);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *assigned)
{
	struct http_client *client = context;
	struct socket_poll *its = assigned;

	if (what == CURL_POLL_REMOVE) {
		if (its) {
			curl.multi_assign(client->multi, socket, NULL);
			uv_close((uv_handle_t *)&its->poll, on_poll_closed);
		}
		return 0;
	}
	if (!its) {
		its = calloc(1, sizeof *its);
		if (!its || uv_poll_init(client->loop, &its->poll, socket) != 0) {
			free(its);
			return -1;
		}
		its->client = client;
		its->socket = socket;
		its->poll.data = its;
		curl.multi_assign(client->multi, socket, its);
	}
	uv_poll_start(&its->poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), on_poll);
	return 0;
}

/* Fails requests whose server has neither sent nor read anything for silence_ms. Time that the page takes doesn't count. */
static void on_silence(uv_timer_t *timer)
{
	struct http_client *client = timer->data;
	uint64_t now = uv_now(client->loop);

	for (struct http_transfer *transfer = client->transfers, *next; transfer; transfer = next) {
		next = transfer->next;
		if (transfer->write_paused || transfer->read_paused || transfer->out_length)
			transfer->moved_at = now;
		if (!transfer->easy || now - transfer->moved_at < client->silence_ms)
			continue;
		snprintf(transfer->problem, sizeof transfer->problem, "the server did nothing for %u seconds",
		         (unsigned)(client->silence_ms / 1000));
		http_transfer_done(transfer, CURLE_OPERATION_TIMEDOUT);
	}
	http_loop_await(client);
}

void http_loop_await(struct http_client *client)
{
	if (client->count && !uv_is_active((uv_handle_t *)&client->silence))
		uv_timer_start(&client->silence, on_silence, client->silence_ms / 10 + 1, 0);
}

static void on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long ms, void *context)
{
	struct http_client *client = context;

	if (ms < 0)
		uv_timer_stop(&client->timer);
	else
		uv_timer_start(&client->timer, on_timer, (uint64_t)ms, 0); /* also for 0: libcurl mustn't be called from its callback */
	return 0;
}

void http_loop_go_on(struct http_transfer *transfer)
{
	struct http_client *client = transfer->client;

	if (!transfer->easy)
		return;
	curl.easy_pause(transfer->easy, CURLPAUSE_CONT);
	look(client);
}

bool http_loop_open(struct http_client *client)
{
	client->multi = curl.multi_init();
	if (!client->multi)
		return false;
	client->timer.data = client->silence.data = client;
	uv_timer_init(client->loop, &client->timer);
	uv_timer_init(client->loop, &client->silence);
	curl.multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl.multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl.multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl.multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl.multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 64L);
	curl.multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_TRANSFERS_MAX);
	curl.multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, 32L);
	return true;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_silence_closed(uv_handle_t *handle)
{
	struct http_client *client = handle->data;

	uv_close((uv_handle_t *)&client->timer, on_timer_closed);
}

void http_loop_close(struct http_client *client)
{
	curl.multi_cleanup(client->multi);
	uv_timer_stop(&client->timer);
	uv_close((uv_handle_t *)&client->silence, on_silence_closed);
}
