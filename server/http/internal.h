/* What the files of this room share: conn.c (a connection's life, deadlines, bounds), receive.c (head and body), respond.c (the
 * answer), stream.c (one that goes on). */
#ifndef SERVER_HTTP_INTERNAL_H
#define SERVER_HTTP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct http_conn;
struct http_source;
struct http_stream;

/* Waits for these events until the next turn. False: libuv can't. */
bool http_conn_wake(struct http_conn *conn, int events);
void http_conn_end(struct http_conn *conn, bool closes_socket);

/* ---- receive.c: the socket can be read, or its other side has gone ---- */
void http_conn_read_head(struct http_conn *conn, bool other_side_is_done);
void http_conn_read_more(struct http_conn *conn);
void http_conn_drain(struct http_conn *conn);

/* ---- respond.c: the socket can be written ---- */
void http_conn_send_more(struct http_conn *conn);
/* Sends some; false: the socket is full, or the connection has ended. */
bool http_conn_send_some(struct http_conn *conn, const void *bytes, size_t length, int flags, ssize_t *count);
/* All of the answer is sent. */
void http_conn_is_sent(struct http_conn *conn);

/* ---- stream.c ---- */
/* Takes what the source holds; the caller has charged http_stream_size(). NULL: no memory. */
struct http_stream *http_stream_new(struct http_conn *conn, const struct http_source *source);
size_t http_stream_size(void);
void http_stream_free(struct http_stream *stream);
/* Moves what goes now. It may end the connection. */
void http_stream_move(struct http_conn *conn);
/* Each second: an answer that waits for more ends if nothing has come for a second, or its source doesn't go on. */
void http_stream_sweep(struct http_conn *conn, uint64_t now_ms);

#endif
