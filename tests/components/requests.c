/* wasi:http/outgoing-handler of 0.2: requests PORT CLOSED, the first a server's of 127.0.0.1 that answers as
 * net-components.test.js has it, at the second nobody listens. Prints what came, a line for each request. The imports are core
 * wasm's, as the canonical ABI makes them of the WIT. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define TYPES(name) IMPORT("wasi:http/types@0.2.12", name)
#define STREAMS(name) IMPORT("wasi:io/streams@0.2.12", name)

TYPES("[constructor]fields") int32_t fields_new(void);
TYPES("[method]fields.append") void fields_append(int32_t, const char *, size_t, const char *, size_t, uint8_t *);
TYPES("[method]fields.get") void fields_get(int32_t, const char *, size_t, uint32_t *);
TYPES("[constructor]outgoing-request") int32_t request_new(int32_t);
TYPES("[method]outgoing-request.set-method") int32_t request_set_method(int32_t, int32_t, const char *, size_t);
TYPES("[method]outgoing-request.set-scheme") int32_t request_set_scheme(int32_t, int32_t, int32_t, const char *, size_t);
TYPES("[method]outgoing-request.set-authority") int32_t request_set_authority(int32_t, int32_t, const char *, size_t);
TYPES("[method]outgoing-request.set-path-with-query") int32_t request_set_path(int32_t, int32_t, const char *, size_t);
TYPES("[method]outgoing-request.body") void request_body(int32_t, uint32_t *);
TYPES("[method]outgoing-body.write") void body_write(int32_t, uint32_t *);
TYPES("[static]outgoing-body.finish") void body_finish(int32_t, int32_t, int32_t, uint64_t *);
TYPES("[method]future-incoming-response.subscribe") int32_t future_subscribe(int32_t);
TYPES("[method]future-incoming-response.get") void future_get(int32_t, uint64_t *);
TYPES("[method]incoming-response.status") int32_t response_status(int32_t);
TYPES("[method]incoming-response.headers") int32_t response_headers(int32_t);
TYPES("[method]incoming-response.consume") void response_consume(int32_t, uint32_t *);
TYPES("[method]incoming-body.stream") void body_stream(int32_t, uint32_t *);
TYPES("[static]incoming-body.finish") int32_t body_finish_in(int32_t);
TYPES("[method]future-trailers.get") void trailers_get(int32_t, uint64_t *);
TYPES("http-error-code") void error_code_of(int32_t, uint64_t *);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle") void handle(int32_t, int32_t, int32_t, uint64_t *);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void pollable_block(int32_t);
STREAMS("[method]input-stream.blocking-read") void stream_read(int32_t, uint64_t, uint32_t *);
STREAMS("[method]output-stream.blocking-write-and-flush") void stream_write(int32_t, const char *, size_t, uint32_t *);
STREAMS("[resource-drop]input-stream") void input_drop(int32_t);
STREAMS("[resource-drop]output-stream") void output_drop(int32_t);

enum { GET, POST = 2, PUT, HTTP = 0, ERROR_INTERNAL = 38, PIECES = 40, PIECE = 4000 };

/* What a result of handle, or of the future, has at `at`: the handle, or -1 after the error is printed. */
static int32_t good(const uint8_t *at)
{
	if (*at == 0)
		return *(const int32_t *)(at + 8);
	printf("error %d", at[8]);
	if (at[8] == ERROR_INTERNAL && at[16])
		printf(" %.*s", *(const int *)(at + 24), *(char *const *)(at + 20));
	return -1;
}

static int32_t response_of(int32_t future)
{
	union { uint64_t align[7]; uint8_t bytes[56]; } got;
	int32_t response;

	pollable_block(future_subscribe(future));
	future_get(future, got.align);
	if (got.bytes[0] != 1 || got.bytes[8] != 0) {
		printf("no response");
		return -1;
	}
	response = good(got.bytes + 16);
	future_get(future, got.align);
	if (got.bytes[0] != 1 || got.bytes[8] != 1)
		printf("given twice ");
	return response;
}

static void send_body(int32_t body, int pieces, const char *piece, size_t length)
{
	uint32_t got[3];
	union { uint64_t align[5]; uint8_t bytes[40]; } finished;
	int32_t stream;

	body_write(body, got);
	stream = (int32_t)got[1];
	while (pieces--) {
		stream_write(stream, piece, length, got);
		if (got[0] & 1)
			printf("not written ");
	}
	output_drop(stream);
	body_finish(body, 0, 0, finished.align);
	if (finished.bytes[0])
		printf("not finished ");
}

static int32_t send(int port, const char *path, int method, const char *header, const char *value, int pieces, const char *piece)
{
	union { uint64_t align[5]; uint8_t bytes[40]; } got;
	char authority[32];
	uint32_t body[2];
	uint8_t added[2];
	int32_t fields = fields_new(), request, future;

	fields_append(fields, header, strlen(header), value, strlen(value), added);
	if (added[0])
		printf("header refused: %d ", added[1]);
	request = request_new(fields);
	snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
	request_set_method(request, method, NULL, 0);
	request_set_scheme(request, 1, HTTP, NULL, 0);
	request_set_authority(request, 1, authority, strlen(authority));
	request_set_path(request, 1, path, strlen(path));
	body[1] = 0;
	if (pieces)
		request_body(request, body);
	handle(request, 0, 0, got.align);
	future = good(got.bytes);
	if (future < 0)
		return -1;
	if (pieces)
		send_body((int32_t)body[1], pieces, piece, strlen(piece));
	return response_of(future);
}

static void show(int32_t response)
{
	uint32_t got[3], headers[2];
	union { uint64_t align[7]; uint8_t bytes[56]; } end;
	char beginning[41] = "";
	size_t length = 0;
	int32_t body, stream;

	if (response < 0) {
		printf("\n");
		return;
	}
	fields_get(response_headers(response), "X-Theirs", 8, headers);
	printf("%d", response_status(response));
	if (headers[1])
		printf(" %.*s", ((int *)headers[0])[1], ((char **)headers[0])[0]);
	response_consume(response, got);
	body = (int32_t)got[1];
	body_stream(body, got);
	stream = (int32_t)got[1];
	for (;;) {
		stream_read(stream, 100000, got);
		if (got[0] & 1)
			break;
		if (strlen(beginning) < 40)
			strncat(beginning, (char *)got[1], got[2] < 40 - strlen(beginning) ? got[2] : 40 - strlen(beginning));
		length += got[2];
		free((void *)got[1]);
	}
	printf(" %zu %s", length, beginning);
	if ((got[1] & 0xFF) == 0) { /* it failed */
		error_code_of((int32_t)got[2], end.align);
		printf(" failed %d %d", end.bytes[0], end.bytes[8]);
	}
	input_drop(stream);
	trailers_get(body_finish_in(body), end.align);
	if (end.bytes[0] != 1 || end.bytes[8] || end.bytes[16] || end.bytes[24])
		printf(" trailers");
	printf("\n");
}

int main(int argc, char **argv)
{
	int port = atoi(argv[1]), closed = atoi(argv[2]);
	char piece[PIECE + 1];

	for (int i = 0; i < PIECE; i++)
		piece[i] = (char)('0' + i % 10);
	piece[PIECE] = 0;
	show(send(port, "/hello?a=1", GET, "x-mine", "yes", 0, NULL));
	show(send(port, "/large", GET, "x-mine", "yes", 0, NULL));
	show(send(port, "/echo", POST, "x-mine", "yes", PIECES, piece));
	show(send(port, "/echo", PUT, "content-length", "5", 1, "hello"));
	show(send(port, "/cut", GET, "x-mine", "yes", 0, NULL));
	show(send(closed, "/", GET, "x-mine", "yes", 0, NULL));
	show(send(1, "/", GET, "transfer-encoding", "chunked", 0, NULL));
	return argc != 3;
}
