/* Room for those who are in: HTTP connections and WebSockets together, --max-connections. */
#ifndef SERVER_DOORS_ADMISSION_H
#define SERVER_DOORS_ADMISSION_H

#include <stdbool.h>

struct gateway;
struct http_conn;

/* What is answered when there's none. */
#define ADMISSION_FULL "too many connections are in: close a tab, or start the gateway with a larger --max-connections"

/* Is there room for one more? An idle one may have to go for it. If not, the terminal is told. */
bool admission_has_room(struct gateway *gateway);
/* It has shown a secret. False: there's no room, and it stays among the unauthenticated. */
bool admission_admit(struct http_conn *conn);

#endif
