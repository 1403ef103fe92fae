/* From HTTP to a WebSocket: checks the upgrade and its ticket, then hands the socket on, its head still in it.
 * Leaves to others: the WebSocket (program/ws.h). */
#ifndef SERVER_DOORS_UPGRADE_H
#define SERVER_DOORS_UPGRADE_H

struct head;
struct http_conn;

/* Hands the socket to program/ws.h, or answers why not. */
void upgrade_begin(struct http_conn *conn, const struct head *head);

#endif
