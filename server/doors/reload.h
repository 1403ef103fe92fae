/* GET /_wvwasi/changes (--reload): tells the app's pages that a served file has changed. Leaves to others: noticing it
 * (http/changes.h), what a page does then (static/reload.js). */
#ifndef SERVER_DOORS_RELOAD_H
#define SERVER_DOORS_RELOAD_H

struct gateway;
struct head;
struct http_conn;

/* Without --reload it does nothing. */
void reload_start(struct gateway *gateway);
void reload_stop(void);
/* Answers with the stamp: at once if the query holds another one (or none), else after the next change. */
void reload_serve(struct http_conn *conn, const struct head *head);

#endif
