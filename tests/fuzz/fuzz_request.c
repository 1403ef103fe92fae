/* Requests that pages make through the dialer: their heads, the frames of their bodies, what servers answer, what TLS is wished
 * for. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/dialer/http_head.h"
#include "server/dialer/http_internal.h"
#include "server/dialer/tls.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read as a request leads nowhere else when it is read as a URL is read elsewhere: the host is what stands between "://"
 * and the path. */
static void head(const uint8_t *bytes, size_t size)
{
	static struct http_head got;
	char text[HTTP_HOST_MAX + 40];
	int length;

	if (!http_head_read(bytes, size, &got))
		return;
	if (!got.host[0] || strpbrk(got.host, "/@?#\\ \t\r\n") || got.port == 0)
		broken("a host '%s' at port %u", got.host, got.port);
	length = snprintf(text, sizeof text, got.is_address6 ? "%s://[%s]" : "%s://%s", got.is_secure ? "https" : "http", got.host);
	if (memcmp(got.url.at, text, (size_t)length) || !strchr(":/", got.url.at[length]))
		broken("the host '%s' isn't the URL's", got.host);
	for (size_t i = 0; i < got.headers_count; i++)
		if (memchr(got.headers[i].value.at, '\n', got.headers[i].value.length) ||
		    memchr(got.headers[i].name.at, ':', got.headers[i].name.length))
			broken("a header with a line in it");
}

static struct http_transfer *transfer_new(int *page)
{
	static struct http_client client;
	static uv_loop_t loop;
	struct http_transfer *transfer = calloc(1, sizeof *transfer);
	int pair[2];

	if (!client.loop)
		uv_loop_init(client.loop = &loop);
	if (!transfer || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	transfer->client = &client;
	transfer->fd = pair[0];
	*page = pair[1];
	uv_poll_init(&loop, &transfer->page, pair[0]);
	return transfer;
}

static void transfer_free(struct http_transfer *transfer, int page)
{
	uv_close((uv_handle_t *)&transfer->page, NULL);
	uv_run(transfer->client->loop, UV_RUN_NOWAIT);
	close(transfer->fd);
	close(page);
	free(transfer->head);
	free(transfer->out);
	free(transfer);
}

static void upload(const uint8_t *bytes, size_t size)
{
	int page;
	struct http_transfer *transfer = transfer_new(&page);
	size_t room = size ? 1 + bytes[0] : 1, total = 0, got;
	char *into = malloc(room);

	if (send(page, bytes, size, 0) != (ssize_t)size && size)
		abort();
	shutdown(page, SHUT_WR);
	while ((got = http_on_upload(into, 1, room, transfer)) != 0 && got != CURL_READFUNC_ABORT && got != CURL_READFUNC_PAUSE)
		total += got;
	if (total > size || (got == 0) != transfer->body_ended || (got == CURL_READFUNC_ABORT) != transfer->body_broken)
		broken("a body of %zu bytes out of %zu", total, size);
	free(into);
	transfer_free(transfer, page);
}

static void answer(const uint8_t *bytes, size_t size)
{
	int page;
	struct http_transfer *transfer = transfer_new(&page);
	char *line = malloc(size + 1);

	for (size_t at = 0; at < size;) {
		const uint8_t *end = memchr(bytes + at, '\n', size - at);
		size_t length = end ? (size_t)(end - bytes - at) + 1 : size - at;

		memcpy(line, bytes + at, length);
		if (http_on_header(line, 1, length, transfer) != length)
			break;
		at += length;
	}
	if (transfer->head_length > HTTP_HEAD_MAX)
		broken("a head of %zu bytes", transfer->head_length);
	free(line);
	transfer_free(transfer, page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const whats[])(const uint8_t *, size_t) = { head, upload, answer };
	uint8_t *copy;
	struct tls_wish wish;

	if (!size)
		return 0;
	copy = malloc(size - 1 ? size - 1 : 1); /* of its own size: the sanitizer sees a byte beyond it */
	memcpy(copy, data + 1, size - 1);
	if (data[0] % 4 < 3)
		whats[data[0] % 4](copy, size - 1);
	else if (tls_wish_read(copy, size - 1, &wish) && (!wish.name[0] || strlen(wish.name) > TLS_NAME_MAX))
		broken("a name of %zu bytes", strlen(wish.name));
	free(copy);
	return 0;
}
