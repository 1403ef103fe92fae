#include "bytes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admission.h"
#include "client.h"
#include "entry.h"
#include "server/auth/sessions.h"
#include "server/http/send.h"
#include "server/http/stream.h"
#include "server/program/programs.h"

static void refuse(struct http_conn *conn)
{
	http_conn_refuse(conn, 409, "these bytes are had by calls", true, false);
}

/* ---- a file ---- */

static void part_send(struct http_conn *conn, int fd, const char *range)
{
	struct reply reply;
	struct stat stat;

	reply_init(&reply, 206);
	if (fstat(fd, &stat) != 0 ||
	    range_read(range, (uint64_t)stat.st_size, &reply.offset, &reply.length) != RANGE_PART) {
		close(fd);
		http_conn_refuse(conn, 416, "that part isn't there", true, false);
		return;
	}
	if (reply.length > BYTES_AT_ONCE)
		reply.length = BYTES_AT_ONCE;
	posix_fadvise(fd, (off_t)reply.offset, (off_t)reply.length, POSIX_FADV_WILLNEED); /* the loop waits for no disk */
	reply.type = "application/octet-stream";
	reply.fd = fd;
	reply_header(&reply, "Cache-Control: no-store");
	reply_header(&reply, "Content-Range: bytes %llu-%llu/%llu", (unsigned long long)reply.offset,
	             (unsigned long long)(reply.offset + reply.length - 1), (unsigned long long)stat.st_size);
	http_conn_reply(conn, &reply);
}

/* ---- a stream socket ---- */

struct received {
	struct session *session; /* held */
	char key[32];
	uint32_t handle;
	size_t uncounted;
};

static bool received_goes_on(void *context, size_t took)
{
	struct received *received = context;

	received->uncounted += took;
	return programs_stream_goes_on(received->key, received->handle, &received->uncounted) && !received->session->revoked;
}

static void received_gone(void *context)
{
	struct received *received = context;

	if (received->uncounted)
		received_goes_on(received, 0);
	session_drop(received->session);
	free(received);
}

static void stream_send(struct http_conn *conn, int fd, uint64_t most, struct session *session, const char *key, uint32_t handle)
{
	struct received *received = calloc(1, sizeof *received);
	struct http_source source = { fd, most, received_goes_on, received_gone, received };
	struct reply reply;

	if (!received) {
		close(fd);
		refuse(conn);
		return;
	}
	received->session = session_hold(session);
	received->handle = handle;
	snprintf(received->key, sizeof received->key, "%s", key);
	admission_pays(conn, session);
	reply_init(&reply, 200);
	reply.type = "application/octet-stream";
	reply.source = &source;
	reply_header(&reply, "Cache-Control: no-store");
	http_conn_reply(conn, &reply);
}

/* ---- which ---- */

void bytes_serve(struct http_conn *conn, const struct head *head)
{
	struct text key_text = head->fields[HEAD_GUEST], range_text = head->fields[HEAD_RANGE];
	char key[32] = "", range[64] = "", handle[16] = "";
	struct session *session;
	unsigned long long number;
	uint64_t from, length;
	char *end;
	int fd;

	if (key_text.at && key_text.length < sizeof key)
		memcpy(key, key_text.at, key_text.length);
	if (range_text.at && range_text.length < sizeof range)
		memcpy(range, range_text.at, range_text.length);
	if (head->query.at && head->query.length && head->query.length < sizeof handle)
		memcpy(handle, head->query.at, head->query.length);
	session = *key ? entry_session(conn, programs_session_of(key)) : NULL;
	if (!session || session->revoked) {
		http_conn_refuse(conn, 401, "these bytes need a program's key", true, false);
		return;
	}
	if (!admission_admit(conn)) {
		http_conn_refuse(conn, 503, ADMISSION_FULL, true, false);
		return;
	}
	number = strtoull(handle, &end, 10);
	if (*end || number > UINT32_MAX)
		refuse(conn);
	else if ((fd = programs_file_open(key, (uint32_t)number)) >= 0)
		part_send(conn, fd, range);
	else if (range_read(range, UINT64_MAX, &from, &length) == RANGE_PART &&
	         (fd = programs_stream_open(key, (uint32_t)number, from)) >= 0)
		stream_send(conn, fd, length < BYTES_OF_STREAM ? length : BYTES_OF_STREAM, session, key, (uint32_t)number);
	else
		refuse(conn);
}
