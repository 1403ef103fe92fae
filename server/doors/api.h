/* Our own addresses below /_wvwasi/: claim, ticket, call, ws, program.json, program.wasm. Secrets are looked up here; who may ask at all was
 * the gatekeeper's word. */
#ifndef SERVER_DOORS_API_H
#define SERVER_DOORS_API_H

#include "server/http/head.h"

struct gateway;
struct http_conn;

/* name: the path after /_wvwasi/. False: not one of these. The head has been taken. */
bool api_serve(struct http_conn *conn, const struct head *head, struct text name);
/* A POST's body has come. */
void api_body(struct http_conn *conn);
/* ws: hands the socket, its head still in it, to the WebSockets, or refuses in words. */
void api_upgrade(struct http_conn *conn, const struct head *head);
/* Do its errors go to a script? */
bool api_speaks_json(struct text name);

/* PROGRAM was opened for whoever waits longest (fd is taken), or couldn't be: errno. */
void api_program_opened(struct gateway *gateway, int fd, int error);

/* The person has let in who knocked (doors/pairing_request.h): a session, and the answer. */
void api_admitted(struct http_conn *conn);

#endif
