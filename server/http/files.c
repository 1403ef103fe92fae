#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "changes.h"
#include "embedded.h"
#include "mime.h"
#include "send.h"

/* non-blocking: opening a FIFO must not block the loop */
static const int how_to_open = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/* For kernels without openat2: opens folder by folder, and follows no symbolic link. */
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

/* Notes a requested file, existing or not, to notice its change. path may end in a slash. */
static void note(const struct gateway *gateway, const char *path, int fd)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char folder[HEAD_TARGET_MAX + 16];
	int folder_fd;

	if (!changes_stamp())
		return;
	snprintf(folder, sizeof folder, "%.*s", (int)(slash ? slash - path : 0), path);
	folder_fd = open_beneath(gateway, folder);
	if (folder_fd >= 0)
		changes_note(folder_fd, name, fd);
	if (folder_fd >= 0)
		close(folder_fd);
}

/* With --reload a page of the app's ends with a script of ours, which reloads it. The app's file stays as it is. False: it isn't
 * such a page, or longer than anybody writes one. */
static bool send_reloading(struct http_conn *conn, int status, int fd, const char *type)
{
	static const char script[] = "\n<script type=\"module\" src=\"/_wvwasi/reload.js?%" PRIx64 "\"></script>\n";
	enum { SCRIPT_MAX = sizeof script + 16, PAGE_MAX = 4 << 20 };
	struct reply reply;
	struct stat stat;
	ssize_t length;
	char *bytes;

	if (!changes_stamp() || strncmp(type, "text/html", 9) || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) ||
	    stat.st_size > PAGE_MAX)
		return false;
	bytes = malloc((size_t)stat.st_size + SCRIPT_MAX);
	length = bytes ? pread(fd, bytes, (size_t)stat.st_size, 0) : -1;
	if (length < 0) {
		free(bytes);
		return false;
	}
	close(fd);
	reply_init(&reply, status);
	reply.type = type;
	reply.is_app = reply.lent = true;
	reply.bytes = bytes;
	reply.length = (uint64_t)(length + snprintf(bytes + length, SCRIPT_MAX, script, changes_stamp()));
	reply_header(&reply, "Cache-Control: no-store");
	http_conn_reply(conn, &reply);
	free(bytes);
	return true;
}

static void to_folder(struct http_conn *conn, const struct head *head)
{
	struct reply reply;

	if (head->path.length + head->query.length > 200) { /* folders are asked for with their slash */
		http_conn_refuse(conn, 404, "no such file", false, false);
		return;
	}
	reply_init(&reply, 301);
	reply_header(&reply, "Location: %.*s/%s%.*s", (int)head->path.length, head->path.at, head->query.at ? "?" : "",
	             (int)head->query.length, head->query.at ? head->query.at : "");
	reply_header(&reply, "Cache-Control: no-cache");
	http_conn_reply(conn, &reply);
}

/* Is a page asked for, rather than a script or an image? If the browser doesn't say: an address whose last name has no ending is
 * one. */
static bool is_page_address(const struct head *head)
{
	struct text dest = head->fields[HEAD_FETCH_DEST];
	const char *slash = memrchr(head->path.at, '/', head->path.length);

	if (dest.at)
		return text_is(dest, "document") || text_is(dest, "iframe") || text_is(dest, "frame");
	return !memchr(slash, '.', (size_t)(head->path.at + head->path.length - slash));
}

/* Answers for a missing file with the app's index.html (--spa) or 404.html. False: it has neither. */
static bool fallback(struct http_conn *conn, const struct head *head)
{
	bool is_spa = conn->gateway->config->spa;
	int fd = is_page_address(head) ? open_beneath(conn->gateway, is_spa ? "index.html" : "404.html") : -1;

	if (is_page_address(head))
		note(conn->gateway, is_spa ? "index.html" : "404.html", fd);
	if (fd < 0)
		return false;
	if (send_reloading(conn, is_spa ? 200 : 404, fd, mime_of("index.html")))
		return true;
	if (is_spa) {
		send_conditions(conn, head);
		send_file(conn, fd, mime_of("index.html"), true);
	} else {
		send_file_as(conn, 404, fd, mime_of("404.html"), true);
	}
	return true;
}

/* The sandbox lets us open no other folder than the one that was there when we started, whatever has its path now. Said once. */
static bool root_is_removed(struct gateway *gateway)
{
	static bool told;
	struct stat st;

	if (gateway->root_fd < 0 || fstat(gateway->root_fd, &st) != 0 || st.st_nlink > 0)
		return false;
	if (!told)
		events_warn(gateway, "the served folder was removed: start wvwasi-gw again to serve the one that has its path now");
	return told = true;
}

static void no_file(struct http_conn *conn, const struct head *head, int status)
{
	if (text_is(head->fields[HEAD_SERVICE_WORKER], "script"))
		embedded_serve_unregister_worker(conn, head);
	else if (status == 404 && root_is_removed(conn->gateway))
		http_conn_refuse(conn, 404, "the served folder was removed: start wvwasi-gw again to serve the one that has its path now",
			false, false);
	else
		http_conn_refuse(conn, status, status == 400   ? "no file can have this address"
		                            : status == 403 ? "the gateway may not read that file"
		                                            : "no such file", false, false);
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
	if (fd < 0)
		status = errno == EACCES ? 403 : 404;
	note(conn->gateway, path, fd);
	if (fd < 0) {
		if (status == 403 || text_is(head->fields[HEAD_SERVICE_WORKER], "script") || !fallback(conn, head))
			no_file(conn, head, status);
		return;
	}
	if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode) && length) {
		close(fd);
		to_folder(conn, head);
		return;
	}
	if (send_reloading(conn, 200, fd, mime_of(path)))
		return;
	send_conditions(conn, head);
	send_file(conn, fd, mime_of(path), true);
}
