/* Answers of our API to scripts: JSON, never cached. */
#ifndef SERVER_DOORS_API_ANSWER_H
#define SERVER_DOORS_API_ANSWER_H

#include "server/http/conn.h"

struct cJSON;

/* Takes answer, and overwrites its text, which may hold a secret. Sets the request's cookie, if it has one. */
void api_reply(struct http_conn *conn, struct cJSON *answer);
/* Answers {"error"}; the request's body has been read. */
void api_refuse(struct http_conn *conn, int status, const char *sentence);

#endif
