#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/base/gateway.h"
#include "embedded.h"
#include "mime.h"

static const int how_to_open = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC; /* non-blocking: a FIFO must not hold the loop */

/* Where the kernel has no openat2: folder by folder, holding each, and no symbolic link at all. */
static int open_by_walk(int root, const char *path)
{
	char *copy = strdup(path), *name = copy;
	int dir = root, fd = -1;

	while (copy) {
		char *slash = strchr(name, '/');

		if (slash)
			*slash = 0;
		fd = openat(dir, slash ? name : *name ? name : ".", how_to_open | O_NOFOLLOW | (slash ? O_DIRECTORY : 0));
		if (dir != root)
			close(dir);
		if (fd < 0 || !slash)
			break;
		dir = fd;
		name = slash + 1;
	}
	free(copy);
	return fd;
}

static int open_beneath(const struct gateway *gateway, const char *path)
{
	struct open_how how = { .flags = (uint64_t)how_to_open, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	for (int tries = 0; tries < 4; tries++) { /* EAGAIN: something was renamed meanwhile */
		if (gateway->config->resolver == WASI_RESOLVER_WALK)
			break;
		fd = (int)syscall(SYS_openat2, gateway->root_fd, *path ? path : ".", &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (gateway->config->resolver != WASI_RESOLVER_WALK && (fd >= 0 || errno != ENOSYS))
		return fd;
	return open_by_walk(gateway->root_fd, *path ? path : ".");
}

/* ---- conditions ---- */

static void keep(char *to, size_t size, struct text text)
{
	/* What doesn't fit can't name anything of ours: as if it weren't there. */
	snprintf(to, size, "%.*s", text.at && text.length < size ? (int)text.length : 0, text.at ? text.at : "");
}

void files_asked(struct http_conn *conn, const struct head *head)
{
	keep(conn->asked.if_none_match, sizeof conn->asked.if_none_match, head->fields[HEAD_IF_NONE_MATCH]);
	keep(conn->asked.range, sizeof conn->asked.range, head->fields[HEAD_RANGE]);
	keep(conn->asked.if_range, sizeof conn->asked.if_range, head->fields[HEAD_IF_RANGE]);
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

void files_send(struct http_conn *conn, int fd, const char *type, bool is_app)
{
	const struct asked *asked = &conn->asked;
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

/* ---- the app's folder ---- */

static void to_folder(struct http_conn *conn, const struct head *head)
{
	struct reply reply;

	if (head->path.length + head->query.length > 200) { /* nobody types that; a link has its slash */
		http_conn_refuse(conn, 404, "there's no such file", false, false);
		return;
	}
	reply_init(&reply, 301);
	reply_header(&reply, "Location: %.*s/%s%.*s", (int)head->path.length, head->path.at, head->query.at ? "?" : "", (int)head->query.length,
	             head->query.at ? head->query.at : "");
	reply_header(&reply, "Cache-Control: no-cache");
	http_conn_reply(conn, &reply);
}

static void no_file(struct http_conn *conn, const struct head *head, int status)
{
	if (text_is(head->fields[HEAD_SERVICE_WORKER], "script"))
		embedded_serve_leaver(conn, head);
	else
		http_conn_refuse(conn, status, status == 400   ? "an address that no file can have"
		                            : status == 403 ? "the gateway may not read that file"
		                                            : "there's no such file", false, false);
}

void files_serve(struct http_conn *conn, const struct head *head)
{
	char path[HEAD_TARGET_MAX + 16];
	int status = conn->gateway->root_fd < 0 ? 404 : path_decode(head->path, path), fd;
	size_t length;
	struct stat stat;

	if (status) {
		no_file(conn, head, status);
		return;
	}
	length = strlen(path);
	if (!length || path[length - 1] == '/')
		strcpy(path + length, "index.html");
	fd = open_beneath(conn->gateway, path);
	if (fd < 0) {
		no_file(conn, head, errno == EACCES ? 403 : 404);
		return;
	}
	if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode) && length) {
		close(fd);
		to_folder(conn, head);
		return;
	}
	files_asked(conn, head);
	files_send(conn, fd, mime_of(path), true);
}
