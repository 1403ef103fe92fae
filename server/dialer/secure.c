/* DIAL_TLS and DIAL_HTTP: starts TLS (tls.c) and HTTP requests (http.c) where judge.c allows them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "http_head.h"
#include "internal.h"
#include "tls.h"

enum { TLS_CLIENTS_MAX = 16384 /* with those whose program has ended, while the server still reads */ };

static struct tls_trust *trust;
static struct http_client *client;
static char without_trust[200], without_client[400]; /* why there is none */

void secure_prepare(void)
{
	trust = tls_trust_load(trust_file(), without_trust, sizeof without_trust);
	for (size_t i = 0; i < dialer.rules.count && !client; i++)
		if (dialer.rules.rules[i].scheme == NET_HTTP || dialer.rules.rules[i].scheme == NET_HTTPS)
			client = http_client_new(&dialer.loop, trust_file(), without_client, sizeof without_client);
	if (!client && dialer.rules.ask)
		client = http_client_new(&dialer.loop, trust_file(), without_client, sizeof without_client);
}

const char *secure_lacks(void)
{
	return without_client;
}

/* ---- TLS ---- */

/* Prints each reason once: a program may try again and again. */
static void say_why(struct program_of *program, const char *what, const char *why)
{
	char line[700];

	snprintf(line, sizeof line, "no %s for '%s': %s", what, program->name, why);
	judge_says_once(program, line);
}

static void on_negotiated(void *context, int error, const char *text, size_t length, int plain_fd)
{
	struct request *request = context;

	if (error)
		say_why(request->program, "TLS", text);
	request_answer(request, error, text, error ? 0 : length, plain_fd);
	if (plain_fd >= 0)
		close(plain_fd);
}

static void on_tls_cancelled(struct request *request)
{
	tls_client_cancel(request->work);
}

void tls_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct tls_wish wish;
	int fd = request->fd;

	if (!tls_wish_read(bytes, length, &wish) || fd < 0) {
		request_answer(request, EINVAL, NULL, 0, -1);
		return;
	}
	if (!trust) {
		say_why(request->program, "TLS", without_trust);
		request_answer(request, EOPNOTSUPP, NULL, 0, -1);
		return;
	}
	if (tls_client_count() >= TLS_CLIENTS_MAX) {
		request_answer(request, EMFILE, NULL, 0, -1);
		return;
	}
	request->fd = -1;
	request->work = tls_client_begin(&dialer.loop, trust, fd, &wish, on_negotiated, request);
	if (request->work)
		request->cancelled = on_tls_cancelled;
	else
		request_answer(request, ENOMEM, NULL, 0, -1);
}

/* ---- requests ---- */

static void on_resolved(struct request *request, const struct net_endpoint *asked, int error, const struct net_endpoint *found,
	size_t count)
{
	struct sockaddr_storage addresses[HTTP_ADDRESSES_MAX];
	struct http_head head;
	enum net_scheme scheme;
	size_t allowed = 0;
	int fd = -1;

	http_head_read(request->bytes, request->length, &head); /* as http_begin() did */
	scheme = head.is_secure ? NET_HTTPS : NET_HTTP;
	for (size_t i = 0; i < count && allowed < HTTP_ADDRESSES_MAX; i++)
		if (!judge_address(request->program, scheme, asked->is_name ? asked->name : NULL, &found[i], true))
			net_endpoint_sockaddr(&found[i], &addresses[allowed++]);
	for (size_t i = 0; !error && allowed && i < count; i++)
		judge_spend(request->program, scheme, asked->is_name ? asked->name : NULL, &found[i]);
	if (!error)
		error = allowed ? http_transfer_begin(client, request->program->session, &head, addresses, allowed, &fd) : EACCES;
	request_answer(request, error, NULL, 0, fd);
	if (fd >= 0)
		close(fd);
}

/* The URL's host and port. */
static bool endpoint_of(const struct http_head *head, struct net_endpoint *endpoint)
{
	*endpoint = (struct net_endpoint){ .port = head->port };
	if (net_address_read(head->host, &endpoint->address))
		return true;
	endpoint->is_name = true;
	return !head->is_address6 && net_name_read(head->host, strlen(head->host), endpoint->name);
}

void http_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct http_head head;
	struct net_endpoint endpoint;
	int error;

	if (!http_head_read(bytes, length, &head) || !endpoint_of(&head, &endpoint)) {
		request_answer(request, EINVAL, NULL, 0, -1);
		return;
	}
	error = endpoint.is_name ?
		judge_name(request->program, head.is_secure ? NET_HTTPS : NET_HTTP, endpoint.name, endpoint.port) : 0;
	if (!error && !client && without_client[0]) {
		say_why(request->program, "request", without_client);
		error = EOPNOTSUPP;
	}
	if (!error && !client) /* libcurl wasn't loaded, since no rule allows HTTP */
		error = EACCES;
	if (error)
		request_answer(request, error, NULL, 0, -1);
	else
		request_resolve(request, &endpoint, 0, on_resolved);
}
