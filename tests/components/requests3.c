/* wasi:http/client of 0.3: requests3 PORT CLOSED, which prints what requests.c does. Requests are sent without waiting, bodies
 * are streams. The imports are core wasm's, as the canonical ABI makes them of the WIT. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define TYPES(name) IMPORT("wasi:http/types@0.3.0", name)
#define ROOT(name) IMPORT("$root", name)

TYPES("[constructor]fields") int32_t fields_new(void);
TYPES("[method]fields.append") void fields_append(int32_t, const char *, size_t, const char *, size_t, uint32_t *);
TYPES("[method]fields.get") void fields_get(int32_t, const char *, size_t, uint32_t *);
TYPES("[static]request.new") void request_new(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, uint32_t *);
TYPES("[stream-new-0][static]request.new") uint64_t contents_new(void);
TYPES("[stream-write-0][static]request.new") uint32_t contents_write(int32_t, const char *, size_t);
TYPES("[stream-drop-writable-0][static]request.new") void contents_drop(int32_t);
TYPES("[future-new-1][static]request.new") uint64_t trailers_new(void);
TYPES("[future-write-1][static]request.new") uint32_t trailers_write(int32_t, const void *);
TYPES("[future-read-2][static]request.new") uint32_t sent_read(int32_t, void *);
TYPES("[method]request.set-method") int32_t request_set_method(int32_t, int32_t, const char *, size_t);
TYPES("[method]request.set-scheme") int32_t request_set_scheme(int32_t, int32_t, int32_t, const char *, size_t);
TYPES("[method]request.set-authority") int32_t request_set_authority(int32_t, int32_t, const char *, size_t);
TYPES("[method]request.set-path-with-query") int32_t request_set_path(int32_t, int32_t, const char *, size_t);
TYPES("[method]response.get-status-code") int32_t response_status(int32_t);
TYPES("[method]response.get-headers") int32_t response_headers(int32_t);
TYPES("[static]response.consume-body") void response_consume(int32_t, int32_t, uint32_t *);
TYPES("[future-new-0][static]response.consume-body") uint64_t consumed_new(void);
TYPES("[future-write-0][static]response.consume-body") uint32_t consumed_write(int32_t, const void *);
TYPES("[stream-read-1][static]response.consume-body") uint32_t body_read(int32_t, void *, size_t);
TYPES("[future-read-2][static]response.consume-body") uint32_t ended_read(int32_t, void *);
IMPORT("wasi:http/client@0.3.0", "[async-lower]send") uint32_t client_send(int32_t, void *);
ROOT("[waitable-set-new]") int32_t set_new(void);
ROOT("[waitable-set-wait]") uint32_t set_wait(int32_t, uint32_t *);
ROOT("[waitable-set-drop]") void set_drop(int32_t);
ROOT("[waitable-join]") void waitable_join(int32_t, int32_t);
ROOT("[subtask-drop]") void subtask_drop(int32_t);

enum { GET, POST = 2, PUT, HTTP = 0, RETURNED = 2, STATE_BITS = 4, STATE_MASK = 15, PIECES = 40, PIECE = 4000 };

union result {
	uint64_t align[5];
	uint8_t bytes[40];
};
static const union result fine;
static char buffer[100000];

static int32_t reader(uint64_t ends)
{
	return (int32_t)ends;
}

static int32_t writer(uint64_t ends)
{
	return (int32_t)(ends >> 32);
}

/* Waits for the call to end that gave this. */
static void wait_for(uint32_t begun)
{
	int32_t subtask = (int32_t)(begun >> STATE_BITS), set;
	uint32_t event[2];

	if ((begun & STATE_MASK) == RETURNED)
		return;
	set = set_new();
	waitable_join(subtask, set);
	if (set_wait(set, event) != 1 || event[0] != (uint32_t)subtask || event[1] != RETURNED)
		printf("another event ");
	subtask_drop(subtask);
	set_drop(set);
}

static int32_t send(int port, const char *path, int method, const char *header, const char *value, int pieces, const char *piece)
{
	union result got, sent;
	char authority[32];
	uint32_t made[2], added[5], begun;
	uint64_t contents = pieces ? contents_new() : 0, trailers = trailers_new();
	int32_t fields = fields_new();

	fields_append(fields, header, strlen(header), value, strlen(value), added);
	if (added[0] & 1)
		printf("header refused: %d ", added[1] & 255);
	request_new(fields, pieces != 0, reader(contents), reader(trailers), 0, 0, made);
	snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
	request_set_method((int32_t)made[0], method, NULL, 0);
	request_set_scheme((int32_t)made[0], 1, HTTP, NULL, 0);
	request_set_authority((int32_t)made[0], 1, authority, strlen(authority));
	request_set_path((int32_t)made[0], 1, path, strlen(path));
	trailers_write(writer(trailers), &fine);
	begun = client_send((int32_t)made[0], &got);
	for (int i = 0; i < pieces; i++)
		for (size_t at = 0, length = strlen(piece); at < length;)
			at += contents_write(writer(contents), piece + at, length - at) >> 4;
	if (pieces)
		contents_drop(writer(contents));
	wait_for(begun);
	if (sent_read((int32_t)made[1], &sent) || sent.bytes[0] != got.bytes[0])
		printf("not sent %d ", sent.bytes[0]);
	if (got.bytes[0] == 0)
		return *(int32_t *)(got.bytes + 8);
	printf("error %d", got.bytes[8]);
	return -1;
}

static void show(int32_t response)
{
	uint32_t got[2], headers[2], result;
	union result end;
	char beginning[41] = "";
	size_t length = 0;
	uint64_t consumed;

	if (response < 0) {
		printf("\n");
		return;
	}
	fields_get(response_headers(response), "X-Theirs", 8, headers);
	printf("%d", response_status(response));
	if (headers[1])
		printf(" %.*s", ((int *)headers[0])[1], ((char **)headers[0])[0]);
	consumed = consumed_new();
	response_consume(response, reader(consumed), got);
	do {
		result = body_read((int32_t)got[0], buffer, sizeof buffer);
		if (strlen(beginning) < 40)
			strncat(beginning, buffer, result >> 4 < 40 - strlen(beginning) ? result >> 4 : 40 - strlen(beginning));
		length += result >> 4;
	} while (!(result & STATE_MASK));
	printf(" %zu %s", length, beginning);
	consumed_write(writer(consumed), &fine);
	if (ended_read((int32_t)got[1], &end) || end.bytes[0])
		printf(" failed 1 %d", end.bytes[8]);
	else if (end.bytes[8])
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
