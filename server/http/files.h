/* Files of the app's folder (--root), and how any open file is answered: ETag, one Range, HEAD. Leaves to others: sending (http/conn.h). */
#ifndef SERVER_HTTP_FILES_H
#define SERVER_HTTP_FILES_H

#include "conn.h"

/* A GET or HEAD below --root: regular files in it, index.html of folders. Dot-names and what leads out of it are 404. */
void files_serve(struct http_conn *conn, const struct head *head);

/* Keeps what the head says of ranges and caches, for files_send(). */
void files_asked(struct http_conn *conn, const struct head *head);
/* Answers with fd's bytes (taken), by what files_asked() kept. */
void files_send(struct http_conn *conn, int fd, const char *type, bool is_app);

/* ---- for tests ---- */
enum range_verdict { RANGE_WHOLE /* none, or one that we don't serve */, RANGE_PART, RANGE_IMPOSSIBLE };
enum range_verdict range_read(const char *range, uint64_t size, uint64_t *first, uint64_t *length);
bool etag_matches(const char *list, const char *etag);

#endif
