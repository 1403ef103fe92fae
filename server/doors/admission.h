/* The bound --max-connections: authenticated HTTP connections and WebSockets together. */
#ifndef SERVER_DOORS_ADMISSION_H
#define SERVER_DOORS_ADMISSION_H

#include <stdbool.h>

struct gateway;
struct http_conn;
struct session;

/* The answer when the bound is reached. */
#define ADMISSION_FULL "too many connections are open: close a tab, or start the gateway with a larger --max-connections"

/* Is there room for one more? An idle connection may be closed for it. If there is none, the terminal says so. */
bool admission_has_room(struct gateway *gateway);
/* Counts a connection that has shown a secret. False: no room; it stays unauthenticated. */
bool admission_admit(struct http_conn *conn);

/* Body and answer are held for this session from now on. */
void admission_pays(struct http_conn *conn, struct session *session);

#endif
