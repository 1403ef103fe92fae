/* POST /_wvwasi/call, for pages whose threads block on requests. */
#ifndef SERVER_PROGRAM_POSTS_H
#define SERVER_PROGRAM_POSTS_H

#include <stddef.h>
#include <stdint.h>

struct call_post;
struct gateway;
struct program;
struct session;

/* The HTTP side has read the whole body (at most PROGRAM_MESSAGE_MAX bytes) and found either a session by its ticket (a hello),
 * or a key (`Wvwasi-Guest`, which programs_session_of_posts() knew before the body came; session is NULL then). done() is called
 * exactly once, on the loop, perhaps before this returns, unless call_post_cancel() comes first. The bytes given to done() are
 * lent for the call. */
typedef void call_post_done(void *context, int http_status, const uint8_t *bytes, size_t length, const char *plain_error);
struct call_post *call_post_start(struct gateway *gateway, struct session *session, const char *key, const char *address,
                                  const uint8_t *body, size_t length, call_post_done *done, void *context);
/* The HTTP connection has gone. Not after done(). (call_post_start gives NULL when done() was already called.) */
void call_post_cancel(struct call_post *post);

#endif
