/* The security headers of every answer: isolation of the app's pages, Content-Security-Policy of our own, the debugger's stricter
 * one. */
#ifndef SERVER_DOORS_POLICY_H
#define SERVER_DOORS_POLICY_H

#include <stddef.h>

struct http_conn;
struct reply;

/* struct http_handler's policy(). */
size_t policy_write(const struct http_conn *conn, const struct reply *reply, char *to, size_t size);

#endif
