/* A page that asks server/dialer/http.c, and nginx, which it asks. */
#ifndef TESTS_UNIT_HTTP_PAGE_H
#define TESTS_UNIT_HTTP_PAGE_H

#include "../check.h"

#include <errno.h>
#include <fcntl.h>

#include "peers.h"
#include "server/dialer/http.h"
#include "server/dialer/http_head.h"
#include "server/dialer/http_internal.h"

enum { BIG = 100 << 20 };

static uv_loop_t loop;
static struct http_client *client;
static uint16_t plain_port, secure_port;
static pid_t server;

static const char nginx[] =
	"daemon off; worker_processes 1; pid nginx.pid; error_log error.log; user root;\n"
	"events { worker_connections 200; }\n"
	"http { access_log access.log; client_max_body_size 0; client_body_temp_path body; proxy_temp_path p; fastcgi_temp_path f; "
	"uwsgi_temp_path u; scgi_temp_path s;\n"
	" client_body_in_file_only on; default_type text/plain;\n"
	" server { listen 127.0.0.1:%u; listen 127.0.0.1:%u ssl http2; ssl_certificate good.pem; ssl_certificate_key good.key; root "
	"%s;\n"
	"  location = /echo { proxy_pass http://127.0.0.1:%u/done; proxy_set_header X-Body $request_body_file; }\n"
	"  location = /done { return 200 \"$request_method $http_x_mine $content_length\"; }\n"
	"  location = /moved { return 302 http://127.0.0.1:1/; } location = /empty { return 204; } location = /missing { return 404 "
	"gone; } } }\n";

static void start(void)
{
	char problem[200], text[2000];
	FILE *file;

	if (!plain_port) {
		signal(SIGPIPE, SIG_IGN);
		peers_certificate("good", "DNS:web.test,IP:127.0.0.1", "-days 2");
		plain_port = peers_free_port();
		secure_port = peers_free_port();
		snprintf(text, sizeof text, nginx, plain_port, secure_port, peers_folder, plain_port);
		peers_write("nginx.conf", text);
		file = fopen(peers_path("big"), "w");
		for (size_t i = 0; i < BIG / 4; i++)
			fwrite(&i, 4, 1, file);
		fclose(file);
		peers_write("small", "hello\n");
		server = peers_start(plain_port, "exec nginx -p '%s/' -c nginx.conf", peers_folder);
	}
	uv_loop_init(&loop);
	client = http_client_new(&loop, peers_path("ca.pem"), problem, sizeof problem);
	REQUIRE(client, problem);
}

static void stop(void)
{
	http_client_free(client);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK_EQ(uv_loop_close(&loop), 0, "nothing is left on the loop");
}

/* ---- a page ---- */

static struct sockaddr_storage here(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage storage = { 0 };

	inet_pton(AF_INET, address, &in.sin_addr);
	memcpy(&storage, &in, sizeof in);
	return storage;
}

static uint32_t session = 1;

static int begin(const char *method, const char *url, uint8_t body, uint64_t body_length, const char *address)
{
	static uint8_t bytes[4096];
	struct http_head head;
	struct sockaddr_storage storage = here(address);
	size_t at = 0;
	int fd = -1, error;
	const char *words[] = { method, url };

	for (int i = 0; i < 2; i++) {
		size_t length = strlen(words[i]);

		bytes[at++] = (uint8_t)length;
		bytes[at++] = (uint8_t)(length >> 8);
		memcpy(bytes + at, words[i], length);
		at += length;
	}
	bytes[at++] = body;
	memcpy(bytes + at, &body_length, 8);
	at += 8;
	memcpy(bytes + at, "\1\0\6\0x-mine\3\0abc", 15);
	at += 15;
	REQUIRE(http_head_read(bytes, at, &head), url);
	error = http_transfer_begin(client, session, &head, &storage, 1, &fd);
	REQUIRE(!error, url);
	return fd;
}

struct answer {
	unsigned status, version;
	char head[4096], error[300];
	size_t head_length, body_length;
	char body[200];
	uint64_t sum;
	int error_kind;
	bool ended;
};

static uint8_t in[2 << 20];
static size_t in_length;

/* One frame, if it is whole; takes it off. */
static bool frame_read(struct answer *answer)
{
	uint32_t length;
	const uint8_t *bytes = in + 5;

	if (in_length < 5)
		return false;
	memcpy(&length, in + 1, 4);
	if (in_length < 5 + (size_t)length)
		return false;
	if (in[0] == HTTP_HEAD) {
		answer->status = (unsigned)(bytes[0] | bytes[1] << 8);
		answer->version = bytes[2];
		answer->head_length = length < sizeof answer->head ? length : sizeof answer->head;
		memcpy(answer->head, bytes, answer->head_length);
	} else if (in[0] == HTTP_BODY) {
		for (uint32_t i = 0; i < length; i++)
			answer->sum = answer->sum * 31 + bytes[i];
		if (answer->body_length + length < sizeof answer->body)
			memcpy(answer->body + answer->body_length, bytes, length);
		answer->body_length += length;
	} else if (in[0] == HTTP_ERROR) {
		answer->error_kind = bytes[0];
		snprintf(answer->error, sizeof answer->error, "%.*s", (int)length - 1, (const char *)bytes + 1);
	}
	answer->ended = in[0] == HTTP_END || in[0] == HTTP_ERROR;
	in_length -= 5 + (size_t)length;
	memmove(in, in + 5 + length, in_length);
	return true;
}

/* Reads to the end. False: the line ended without one. */
static bool finish(int fd, struct answer *answer)
{
	ssize_t n = 1;

	*answer = (struct answer){ .error_kind = -1 };
	in_length = 0;
	while (!answer->ended && n) {
		uv_run(&loop, UV_RUN_NOWAIT);
		n = recv(fd, in + in_length, sizeof in - in_length, MSG_DONTWAIT);
		if (n > 0)
			in_length += (size_t)n;
		while (!answer->ended && frame_read(answer))
			;
	}
	close(fd);
	return answer->ended;
}

static const char *url_of(bool secure, const char *path)
{
	static char url[300];

	snprintf(url, sizeof url, "%s:%u%s", secure ? "https://web.test" : "http://web.test", secure ? secure_port : plain_port,
		path);
	return url;
}

static bool put(int fd, uint8_t kind, const void *bytes, uint32_t length)
{
	uint8_t head[5] = { kind };
	const uint8_t *parts[] = { head, bytes };
	size_t sizes[] = { 5, length };

	memcpy(head + 1, &length, 4);
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at < sizes[i];) {
			ssize_t n = send(fd, parts[i] + at, sizes[i] - at, MSG_DONTWAIT | MSG_NOSIGNAL);

			if (n > 0)
				at += (size_t)n;
			else if (errno != EAGAIN)
				return false;
			uv_run(&loop, UV_RUN_NOWAIT);
		}
	return true;
}

#endif
