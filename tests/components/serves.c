/* wasi:http/incoming-handler of 0.2. It answers as the path says: /wait waits 200 ms, /trap traps, /trap-later when the response
 * has begun, /nothing never responds, /error says that it failed, /file/LENGTH gives so many bytes behind a content-length,
 * /short promises more, /exit ends the program. Others: what the request says. The imports are core wasm's, as the canonical ABI
 * makes them of the WIT. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define TYPES(name) IMPORT("wasi:http/types@0.2.12", name)
#define STREAMS(name) IMPORT("wasi:io/streams@0.2.12", name)

TYPES("[method]incoming-request.method") void request_method(int32_t, uint32_t *);
TYPES("[method]incoming-request.path-with-query") void request_path(int32_t, uint32_t *);
TYPES("[method]incoming-request.scheme") void request_scheme(int32_t, uint32_t *);
TYPES("[method]incoming-request.authority") void request_authority(int32_t, uint32_t *);
TYPES("[method]incoming-request.headers") int32_t request_headers(int32_t);
TYPES("[method]incoming-request.consume") void request_consume(int32_t, uint32_t *);
TYPES("[resource-drop]incoming-request") void request_drop(int32_t);
TYPES("[method]incoming-body.stream") void body_stream(int32_t, uint32_t *);
TYPES("[static]incoming-body.finish") int32_t body_finish_in(int32_t);
TYPES("[resource-drop]future-trailers") void trailers_drop(int32_t);
TYPES("[constructor]fields") int32_t fields_new(void);
TYPES("[method]fields.append") void fields_append(int32_t, const char *, size_t, const char *, size_t, uint8_t *);
TYPES("[method]fields.entries") void fields_entries(int32_t, uint32_t *);
TYPES("[resource-drop]fields") void fields_drop(int32_t);
TYPES("[constructor]outgoing-response") int32_t response_new(int32_t);
TYPES("[method]outgoing-response.set-status-code") int32_t response_set_status(int32_t, int32_t);
TYPES("[method]outgoing-response.body") void response_body(int32_t, uint32_t *);
TYPES("[method]outgoing-body.write") void body_write(int32_t, uint32_t *);
TYPES("[static]outgoing-body.finish") void body_finish(int32_t, int32_t, int32_t, uint64_t *);
TYPES("[static]response-outparam.set") void outparam_set(int32_t, int32_t, int32_t, int32_t, int64_t, int32_t, int32_t, int32_t,
                                                        int32_t);
STREAMS("[method]input-stream.blocking-read") void stream_read(int32_t, uint64_t, uint32_t *);
STREAMS("[method]output-stream.blocking-write-and-flush") void stream_write(int32_t, const char *, size_t, uint32_t *);
STREAMS("[resource-drop]input-stream") void input_drop(int32_t);
STREAMS("[resource-drop]output-stream") void output_drop(int32_t);
IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") int32_t subscribe_duration(uint64_t);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void pollable_block(int32_t);
IMPORT("wasi:io/poll@0.2.12", "[resource-drop]pollable") void pollable_drop(int32_t);
IMPORT("wasi:cli/exit@0.2.12", "exit") void exit_with(int32_t);

enum { PIECE = 4096, OK = 0, FAILED = 1, DESTINATION_UNAVAILABLE = 3, MS = 1000000 };

struct response {
	int32_t body, stream;
};

static struct response respond(int32_t out, int status, const char *name, const char *value)
{
	int32_t fields = fields_new(), response;
	uint32_t got[2];
	uint8_t refused[2];
	struct response made;

	if (name)
		fields_append(fields, name, strlen(name), value, strlen(value), refused);
	response = response_new(fields);
	response_set_status(response, status);
	response_body(response, got);
	made.body = (int32_t)got[1];
	outparam_set(out, OK, response, 0, 0, 0, 0, 0, 0);
	body_write(made.body, got);
	made.stream = (int32_t)got[1];
	return made;
}

static void put(const struct response *response, const char *bytes, size_t length)
{
	uint32_t got[3];

	for (size_t at = 0; at < length; at += PIECE)
		stream_write(response->stream, bytes + at, length - at < PIECE ? length - at : PIECE, got);
}

static void end(const struct response *response)
{
	uint64_t finished[5];

	output_drop(response->stream);
	body_finish(response->body, 0, 0, finished);
}

/* An optional string of a request. */
static void put_text(const struct response *response, void (*get)(int32_t, uint32_t *), int32_t request)
{
	uint32_t got[4] = { 0 };

	get(request, got);
	if ((uint8_t)got[0])
		put(response, (const char *)got[1], got[2]);
	put(response, "\n", 1);
}

static void put_headers(const struct response *response, int32_t request)
{
	int32_t fields = request_headers(request);
	uint32_t got[2];

	fields_entries(fields, got);
	for (uint32_t i = 0; i < got[1]; i++) {
		const uint32_t *entry = (const uint32_t *)got[0] + (size_t)4 * i;

		put(response, (const char *)entry[0], entry[1]);
		put(response, ": ", 2);
		put(response, (const char *)entry[2], entry[3]);
		put(response, "\n", 1);
	}
	fields_drop(fields);
}

static void put_body(const struct response *response, int32_t request)
{
	uint32_t got[3];
	int32_t body, stream;

	request_consume(request, got);
	body = (int32_t)got[1];
	body_stream(body, got);
	stream = (int32_t)got[1];
	for (stream_read(stream, PIECE, got); (uint8_t)got[0] == OK; stream_read(stream, PIECE, got)) {
		put(response, (const char *)got[1], got[2]);
		free((void *)got[1]);
	}
	if ((uint8_t)got[1] == 0)
		put(response, "(cut)", 5);
	input_drop(stream);
	trailers_drop(body_finish_in(body));
}

static void echo(int32_t request, int32_t out)
{
	struct response response = respond(out, 201, "x-kind", "said");
	uint32_t got[4];
	char method[40];

	request_method(request, got);
	put(&response, method, (size_t)snprintf(method, sizeof method, "method %d\n", (uint8_t)got[0]));
	put_text(&response, request_path, request);
	put_text(&response, request_authority, request);
	request_scheme(request, got);
	put(&response, method, (size_t)snprintf(method, sizeof method, "scheme %d\n", (uint8_t)got[1]));
	put_headers(&response, request);
	put(&response, "\n", 1);
	put_body(&response, request);
	end(&response);
}

static void give(int32_t out, size_t length, const char *promised)
{
	struct response response = respond(out, 200, promised ? "content-length" : NULL, promised);
	char *bytes = malloc(length + 1);

	memset(bytes, 'x', length);
	put(&response, bytes, length);
	free(bytes);
	end(&response);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void handle(int32_t request, int32_t out)
{
	uint32_t got[3];
	char path[100];

	request_path(request, got);
	snprintf(path, sizeof path, "%.*s", (int)got[2], (const char *)got[1]);
	if (strcmp(path, "/wait") == 0) {
		int32_t clock = subscribe_duration((uint64_t)200 * MS);

		pollable_block(clock);
		pollable_drop(clock);
		give(out, 4, NULL);
	} else if (strcmp(path, "/trap") == 0) {
		__builtin_trap();
	} else if (strcmp(path, "/trap-later") == 0) {
		struct response response = respond(out, 200, NULL, NULL);

		put(&response, "half", 4);
		__builtin_trap();
	} else if (strcmp(path, "/error") == 0) {
		outparam_set(out, FAILED, DESTINATION_UNAVAILABLE, 0, 0, 0, 0, 0, 0);
	} else if (strcmp(path, "/short") == 0) {
		give(out, 4, "10");
	} else if (strcmp(path, "/exit") == 0) {
		exit_with(OK);
	} else if (strncmp(path, "/file/", 6) == 0) {
		give(out, (size_t)atoi(path + 6), path + 6);
	} else if (strcmp(path, "/nothing") != 0) {
		echo(request, out);
	}
	free((void *)got[1]);
	request_drop(request);
}
