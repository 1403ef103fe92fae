/* What a file is, by its name's end. */
#ifndef SERVER_HTTP_MIME_H
#define SERVER_HTTP_MIME_H

/* Never NULL: "application/octet-stream" for what isn't known. */
const char *mime_of(const char *name);

#endif
