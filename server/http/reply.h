/* One answer, filled in by whoever handles the request; respond.c sends it. */
#ifndef SERVER_HTTP_REPLY_H
#define SERVER_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_source;

struct reply {
	int status;
	const char *type;        /* Content-Type; NULL: none */
	char headers[320];       /* more header lines, each with its \r\n; at most a few short ones */
	uint64_t length;         /* of the body, also for HEAD, which sends none */
	const void *bytes;       /* the body: static or lent for the call (`lent`), unless it is a file's */
	bool lent;               /* copied where it can't be sent at once */
	int fd;                  /* -1, or the file whose bytes from offset are the body; taken, closed after */
	uint64_t offset;
	const struct http_source *source; /* the body is what comes from it (stream.h); what it holds is taken. NULL: none */
	bool closes;             /* close the connection after it */
	/* for the handler's policy */
	bool is_page;            /* HTML of our own: strict Content-Security-Policy */
	bool makes_styles;       /* and it makes style elements: the terminal emulator does */
	bool frames_itself;      /* and it shows pages of this kind in frames: the terminal's tabs */
	bool is_app;             /* from --root: its Content-Security-Policy is its author's affair */
};

/* An empty 200. */
void reply_init(struct reply *reply, int status);
/* Appends a header line. printf-like; without \r\n. Values must not hold any. */
void reply_header(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *status_text(int status);

#endif
