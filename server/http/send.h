/* Answers with an open file: ETag, one Range, HEAD. Leaves to others: which file (files.h, embedded.h), the bytes' way out
 * (respond.c). */
#ifndef SERVER_HTTP_SEND_H
#define SERVER_HTTP_SEND_H

#include "conn.h"

/* Keeps the head's Range and conditions for send_file(). */
void send_conditions(struct http_conn *conn, const struct head *head);
/* Answers with fd's bytes (taken), by what send_conditions() kept. */
void send_file(struct http_conn *conn, int fd, const char *type, bool is_app);
/* The same, whole and with another status, whatever was kept. */
void send_file_as(struct http_conn *conn, int status, int fd, const char *type, bool is_app);

bool etag_matches(const char *list, const char *etag);

/* ---- for tests ---- */
enum range_verdict { RANGE_WHOLE /* none, or one that we don't serve */, RANGE_PART, RANGE_IMPOSSIBLE };
enum range_verdict range_read(const char *range, uint64_t size, uint64_t *first, uint64_t *length);

#endif
