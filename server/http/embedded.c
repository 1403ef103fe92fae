#include "embedded.h"

#include <stdio.h>
#include <string.h>

#include "conn.h"
#include "mime.h"
#include "send.h"

static const struct embedded_file *find(const char *name)
{
	for (size_t i = 0; i < embedded_count; i++)
		if (!strcmp(embedded_files[i].name, name))
			return &embedded_files[i];
	return NULL;
}

static const struct embedded_file *find_page(const char *name)
{
	const struct embedded_file *file = find(name);
	char page[256];

	if (file || strchr(name, '.') || strchr(name, '/'))
		return file;
	snprintf(page, sizeof page, "%s/%s.html", name, name);
	file = find(page);
	if (file)
		return file;
	snprintf(page, sizeof page, "%s/index.html", name);
	return find(page);
}

static void serve(struct http_conn *conn, const struct head *head, const struct embedded_file *file, bool unregisters)
{
	struct reply reply;

	reply_init(&reply, 200);
	reply.type = mime_of(file->name);
	reply.is_page = !strncmp(reply.type, "text/html", 9);
	reply.makes_styles = reply.frames_itself = !strncmp(file->name, "terminal/", 9);
	reply.bytes = file->bytes;
	reply.length = file->size;
	reply_header(&reply, "ETag: %s", file->etag);
	/* WebKit would cache the enter page under its whole address, and its fragment is a link's token. */
	reply_header(&reply, "Cache-Control: %s", !strcmp(file->name, "enter/enter.html") ? "no-store" : "no-cache");
	if (unregisters) /* so that it replaces a worker of any scope */
		reply_header(&reply, "Service-Worker-Allowed: /");
	send_conditions(conn, head);
	if (etag_matches(conn->conditions.if_none_match, file->etag)) {
		reply.status = 304;
		reply.bytes = NULL;
	}
	http_conn_reply(conn, &reply);
}

void embedded_serve(struct http_conn *conn, const struct head *head, struct text text)
{
	const struct embedded_file *file = NULL;
	char name[100];

	if (text.length < sizeof name) {
		snprintf(name, sizeof name, "%.*s", (int)text.length, text.at);
		file = find_page(name);
	}
	if (!file) {
		http_conn_refuse(conn, 404, "the gateway has no such page", false, head->method == METHOD_POST);
		return;
	}
	if (head->method == METHOD_POST) {
		http_conn_refuse(conn, 405, "pages don't accept POST", false, true);
		return;
	}
	serve(conn, head, file, false);
}

void embedded_serve_unregister_worker(struct http_conn *conn, const struct head *head)
{
	serve(conn, head, find("enter/unregister-worker.js"), true);
}
