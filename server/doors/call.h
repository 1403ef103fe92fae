/* POST /_wvwasi/call, for pages whose threads block on requests: from HTTP to the programs and back. */
#ifndef SERVER_DOORS_CALL_H
#define SERVER_DOORS_CALL_H

struct head;
struct http_conn;

/* Reads the body; call_body() follows. */
void call_begin(struct http_conn *conn, const struct head *head);
void call_body(struct http_conn *conn);

#endif
