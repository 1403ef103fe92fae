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
#include "server/program/programs.h"

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

void bytes_serve(struct http_conn *conn, const struct head *head)
{
	struct text key_text = head->fields[HEAD_GUEST], range_text = head->fields[HEAD_RANGE];
	char key[32] = "", range[64] = "", handle[16] = "";
	const struct session *session;
	unsigned long long number;
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
	fd = *end || number > UINT32_MAX ? -1 : programs_file_open(key, (uint32_t)number);
	if (fd < 0)
		http_conn_refuse(conn, 409, "these bytes are had by calls", true, false);
	else
		part_send(conn, fd, range);
}
