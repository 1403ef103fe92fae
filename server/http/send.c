#include "send.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep(char *to, size_t size, struct text text)
{
	/* A field that doesn't fit can't match a file of ours: treated as absent. */
	snprintf(to, size, "%.*s", text.at && text.length < size ? (int)text.length : 0, text.at ? text.at : "");
}

void send_conditions(struct http_conn *conn, const struct head *head)
{
	keep(conn->conditions.if_none_match, sizeof conn->conditions.if_none_match, head->fields[HEAD_IF_NONE_MATCH]);
	keep(conn->conditions.range, sizeof conn->conditions.range, head->fields[HEAD_RANGE]);
	keep(conn->conditions.if_range, sizeof conn->conditions.if_range, head->fields[HEAD_IF_RANGE]);
}

bool etag_matches(const char *list, const char *etag)
{
	size_t length = strlen(etag);

	while (*list) {
		list += strspn(list, " \t,");
		if (*list == '*')
			return true;
		if (!strncmp(list, "W/", 2)) /* If-None-Match compares weakly */
			list += 2;
		if (!strncmp(list, etag, length) && strchr(" \t,", list[length]))
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static bool number_read(const char **at, uint64_t *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end;
	return !errno;
}

enum range_verdict range_read(const char *range, uint64_t size, uint64_t *first, uint64_t *length)
{
	uint64_t from, to = UINT64_MAX;

	if (strncmp(range, "bytes=", 6))
		return RANGE_WHOLE;
	range += 6;
	if (*range == '-') { /* the last so many */
		range++;
		if (!number_read(&range, &to) || *range)
			return RANGE_WHOLE;
		if (!to || !size)
			return RANGE_IMPOSSIBLE;
		*length = to < size ? to : size;
		*first = size - *length;
		return RANGE_PART;
	}
	if (!number_read(&range, &from) || *range++ != '-')
		return RANGE_WHOLE;
	if (*range && (!number_read(&range, &to) || *range || to < from)) /* several ranges are served as the whole */
		return RANGE_WHOLE;
	if (from >= size)
		return RANGE_IMPOSSIBLE;
	*first = from;
	*length = to < size ? to - from + 1 : size - from;
	return RANGE_PART;
}

void send_file_as(struct http_conn *conn, int status, int fd, const char *type, bool is_app)
{
	struct reply reply;
	struct stat stat;

	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
		close(fd);
		http_conn_refuse(conn, 404, "there's no such file", false, false);
		return;
	}
	reply_init(&reply, status);
	reply.type = type;
	reply.is_app = is_app;
	reply.length = (uint64_t)stat.st_size;
	reply.fd = fd;
	reply_header(&reply, "Cache-Control: no-cache");
	http_conn_reply(conn, &reply);
}

void send_file(struct http_conn *conn, int fd, const char *type, bool is_app)
{
	const struct conditions *asked = &conn->conditions;
	enum range_verdict verdict = RANGE_WHOLE;
	struct reply reply;
	struct stat stat;
	char etag[80];

	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
		close(fd);
		http_conn_refuse(conn, 404, "there's no such file", false, false);
		return;
	}
	reply_init(&reply, 200);
	reply.type = type;
	reply.is_app = is_app;
	reply.length = (uint64_t)stat.st_size;
	snprintf(etag, sizeof etag, "\"%llx-%llx-%llx-%llx%08lx\"", (unsigned long long)stat.st_dev, (unsigned long long)stat.st_ino,
	         (unsigned long long)stat.st_size, (unsigned long long)stat.st_mtim.tv_sec, (unsigned long)stat.st_mtim.tv_nsec);
	reply_header(&reply, "ETag: %s", etag);
	reply_header(&reply, "Cache-Control: no-cache");
	reply_header(&reply, "Accept-Ranges: bytes");
	if (*asked->if_none_match && etag_matches(asked->if_none_match, etag)) {
		close(fd);
		reply.status = 304;
		reply.type = NULL;
		http_conn_reply(conn, &reply);
		return;
	}
	if (*asked->range && !conn->is_head && (!*asked->if_range || !strcmp(asked->if_range, etag)))
		verdict = range_read(asked->range, (uint64_t)stat.st_size, &reply.offset, &reply.length);
	if (verdict == RANGE_IMPOSSIBLE) {
		close(fd);
		reply_init(&reply, 416);
		reply_header(&reply, "Content-Range: bytes */%llu", (unsigned long long)stat.st_size);
		http_conn_reply(conn, &reply);
		return;
	}
	if (verdict == RANGE_PART) {
		reply.status = 206;
		reply_header(&reply, "Content-Range: bytes %llu-%llu/%llu", (unsigned long long)reply.offset,
		             (unsigned long long)(reply.offset + reply.length - 1), (unsigned long long)stat.st_size);
	}
	reply.fd = fd;
	http_conn_reply(conn, &reply);
}
