/* Sets libcurl's options for a request. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_head.h"
#include "http_internal.h"

enum { CONNECT_MS = 30000, RECEIVE_BYTES = 128 << 10, SEND_BYTES = 128 << 10, ADDRESS_TEXT = INET6_ADDRSTRLEN + 3 };

static bool append(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl.slist_append(*list, line);

	if (longer)
		*list = longer;
	return longer != NULL;
}

static bool same_address(const struct sockaddr *one, const struct sockaddr_storage *other)
{
	if (one->sa_family != other->ss_family)
		return false;
	if (one->sa_family == AF_INET)
		return !memcmp(&((const struct sockaddr_in *)one)->sin_addr, &((const struct sockaddr_in *)other)->sin_addr,
			sizeof(struct in_addr));
	return one->sa_family == AF_INET6 &&
	       !memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr, &((const struct sockaddr_in6 *)other)->sin6_addr,
	       sizeof(struct in6_addr));
}

/* Opens sockets to allowed addresses only, whatever address libcurl has found. */
static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct http_transfer *transfer = context;

	for (size_t i = 0; i < transfer->addresses_count; i++)
		if (purpose == CURLSOCKTYPE_IPCXN && same_address(&address->addr, &transfer->addresses[i]))
			return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	return CURL_SOCKET_BAD;
}

/* Called before a request is sent. libcurl may have chosen a connection that another request opened, to an address that this one
 * may not use: the name resolved to another address then, or that program was allowed more. */
static int on_connected(void *context, char *to, char *from, int to_port, int from_port)
{
	struct http_transfer *transfer = context;
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	const struct sockaddr *address = inet_pton(AF_INET, to, &four.sin_addr) == 1 ? (struct sockaddr *)&four
	                               : inet_pton(AF_INET6, to, &six.sin6_addr) == 1 ? (struct sockaddr *)&six : NULL;

	for (size_t i = 0; address && i < transfer->addresses_count; i++)
		if (same_address(address, &transfer->addresses[i]))
			return CURL_PREREQFUNC_OK;
	transfer->is_elsewhere = true;
	return CURL_PREREQFUNC_ABORT;
}

/* Gives libcurl the host's allowed addresses. "+": they expire, so that later requests don't use them. */
static bool resolve_set(struct http_transfer *transfer, const struct http_head *head)
{
	char line[HTTP_HOST_MAX + 16 + HTTP_ADDRESSES_MAX * ADDRESS_TEXT];
	int at = snprintf(line, sizeof line, head->is_address6 ? "+[%s]:%u:" : "+%s:%u:", head->host, head->port);

	for (size_t i = 0; i < transfer->addresses_count; i++) {
		const struct sockaddr_storage *address = &transfer->addresses[i];
		char text[INET6_ADDRSTRLEN];
		bool is6 = address->ss_family == AF_INET6;

		inet_ntop(address->ss_family, is6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
		                                  : (const void *)&((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
		at += snprintf(line + at, sizeof line - (size_t)at, is6 ? "%s[%s]" : "%s%s", i ? "," : "", text);
	}
	return append(&transfer->resolve, line);
}

static bool headers_set(struct http_transfer *transfer, const struct http_head *head)
{
	static const char *const without[] = { "Expect:", "Accept:", "Content-Type:" }; /* removes libcurl's; the page's follow */
	bool good = true;

	for (size_t i = 0; good && i < sizeof without / sizeof *without; i++)
		good = append(&transfer->headers, without[i]);
	for (size_t i = 0; good && i < head->headers_count; i++) {
		const struct http_text name = head->headers[i].name, value = head->headers[i].value;
		char *line = malloc(name.length + value.length + 3);

		/* "name;" is how libcurl sends one without a value. */
		if (line && value.length)
			sprintf(line, "%.*s: %.*s", (int)name.length, name.at, (int)value.length, value.at);
		else if (line)
			sprintf(line, "%.*s;", (int)name.length, name.at);
		good = line && append(&transfer->headers, line);
		free(line);
	}
	if (good && head->body == HTTP_BODY_STREAM)
		good = append(&transfer->headers, "Transfer-Encoding: chunked");
	return good;
}

static char *copy_of(struct http_text text)
{
	return strndup(text.at, text.length);
}

static bool method_set(CURL *easy, const struct http_head *head)
{
	char *method = copy_of(head->method);
	bool good = method && curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;

	if (head->body != HTTP_BODY_NONE) {
		curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl.easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
			head->body == HTTP_BODY_KNOWN ? (curl_off_t)head->body_length : (curl_off_t)-1);
	} else if (good && !strcmp(method, "HEAD")) {
		curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
	} else if (good && (!strcmp(method, "POST") || !strcmp(method, "PUT"))) { /* these always have a body: here an empty one */
		curl.easy_setopt(easy, CURLOPT_POST, 1L);
		curl.easy_setopt(easy, CURLOPT_POSTFIELDS, "");
		curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
	}
	free(method);
	return good;
}

bool http_setup(struct http_transfer *transfer, const struct http_head *head)
{
	CURL *easy = transfer->easy;
	char *url = copy_of(head->url);
	bool good = url && curl.easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK && resolve_set(transfer, head) &&
		headers_set(transfer, head) && method_set(easy, head);

	free(url);
	curl.easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* no proxy of the environment: it would be connected in place of the host */
	curl.easy_setopt(easy, CURLOPT_PROXY, "");
	curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl.easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	/* By HTTP/2 libcurl lets a server send 32 MiB that the page doesn't read, and keeps them in buffers that double. */
	curl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl.easy_setopt(easy, CURLOPT_CAINFO, transfer->client->file);
	curl.easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl.easy_setopt(easy, CURLOPT_RESOLVE, transfer->resolve);
	curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	good &= curl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected) == CURLE_OK;
	curl.easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	curl.easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_on_header);
	curl.easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_on_body);
	curl.easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl.easy_setopt(easy, CURLOPT_READFUNCTION, http_on_upload);
	curl.easy_setopt(easy, CURLOPT_READDATA, transfer);
	curl.easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
	curl.easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
	curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem);
	return good;
}
