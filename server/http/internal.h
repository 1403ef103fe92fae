/* What the files of this room share: conn.c (a connection's life, deadlines, bounds), receive.c (head and body), respond.c (the
 * answer). */
#ifndef SERVER_HTTP_INTERNAL_H
#define SERVER_HTTP_INTERNAL_H

#include <stdbool.h>

struct http_conn;

/* Waits for these events until the next turn. False: libuv can't. */
bool http_conn_wake(struct http_conn *conn, int events);
void http_conn_end(struct http_conn *conn, bool closes_socket);

/* ---- receive.c: the socket can be read, or its other side has gone ---- */
void http_conn_read_head(struct http_conn *conn, bool other_side_is_done);
void http_conn_read_more(struct http_conn *conn);
void http_conn_drain(struct http_conn *conn);

/* ---- respond.c: the socket can be written ---- */
void http_conn_send_more(struct http_conn *conn);

#endif
