/* What is inside the executable: everything below static/, served as /_wvwasi/PATH. embed.sh makes the table at build time. */
#ifndef SERVER_HTTP_EMBEDDED_H
#define SERVER_HTTP_EMBEDDED_H

#include <stddef.h>

#include "head.h"

struct http_conn;

struct embedded_file {
	const char *name;          /* "shim/wvwasi.js" */
	const unsigned char *bytes;
	size_t size;
	const char *etag;          /* of its contents, quoted */
};
extern const struct embedded_file embedded_files[];
extern const size_t embedded_count;

/* The answer to a browser that asks for a service worker which doesn't exist: a worker that unregisters itself. Another program
 * that had this port before may have left one, and browsers keep it as long as its address answers 404. */
void embedded_serve_unregister_worker(struct http_conn *conn, const struct head *head);

/* name: the path after /_wvwasi/. One without an ending is a page: NAME/NAME.html or NAME/index.html. */
void embedded_serve(struct http_conn *conn, const struct head *head, struct text name);

#endif
