/* Content-Type by a file name's ending. */
#ifndef SERVER_HTTP_MIME_H
#define SERVER_HTTP_MIME_H

/* Never NULL: "application/octet-stream" for unknown endings. */
const char *mime_of(const char *name);

#endif
