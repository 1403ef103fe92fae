/* Who is in, as JSON: each session, what its programs may reach and what they have connected. base/session_text.h has it in
 * words. Leaves to others: sessions, sockets, rules. */
#ifndef SERVER_DOORS_SESSION_LIST_H
#define SERVER_DOORS_SESSION_LIST_H

#include <cjson/cJSON.h>
#include <stdint.h>

struct gateway;

/* The event "sessions", yours. */
cJSON *session_list(struct gateway *gateway, uint64_t now_ns);

#endif
