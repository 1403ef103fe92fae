/* The connection to the gateway's keeper, which sends one-use links and says when the gateway ends. It is a descriptor that the
 * keeper passed us, or the socket of a running gateway, which only the same user may open. No secret is ever in arguments,
 * environment or files. One JSON object a line, both ways:
 *   {"do":"window"} -> {"event":"window","app":HEX,"name":…}, {"event":"browse","link":…}   we are a window: a one-use link, for
 * a minute
 *   {"do":"close"}  -> {"event":"closed"}        the user closed us: programs write out what they hold and end, our sessions too
 *                      {"event":"end","why":…}   the gateway ends (unasked)
 *                      {"event":"question","question":N,"text":…,"folderIn":DIR,"wants":"folder" or "file" or "save",
 * "writes":BOOL}   a page asks for a folder or file (unasked)
 *   {"do":"answer","question":N,"folder":DIR,"readOnly":BOOL}, or with "yes":false -> {"event":"error","error":…}: the question
 * stands. {"event":"answered"}: no question is open, whoever answered it
 * Leaves to others: what a window does with it. */
#ifndef WEBVIEW_PAIRING_H
#define WEBVIEW_PAIRING_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAIRING_LINE_MAX = 16384 /* a path, escaped */ };

struct pairing {
	int fd; /* -1: none */
	size_t held;
	char line[PAIRING_LINE_MAX];
};

/* Takes the descriptor. False with errno: it isn't a socket. */
bool pairing_take(struct pairing *pairing, int fd);

/* Finds the running gateway of root (or of a program) and port; NULL and 0: the only one that runs. NULL, or why not (static). */
const char *pairing_find(struct pairing *pairing, const char *root, int port);

void pairing_clear(struct pairing *pairing);

/* what: "window" or "close". False: the keeper has gone. */
bool pairing_ask(struct pairing *pairing, const char *what);

/* The user's answer. folder: or file; NULL: none. False: the keeper has gone. */
bool pairing_answer(struct pairing *pairing, uint32_t question, const char *folder, bool read_only);

enum keeper_event { KEEPER_NONE, KEEPER_WINDOW, KEEPER_LINK, KEEPER_CLOSED, KEEPER_QUESTION, KEEPER_ANSWERED, KEEPER_ERROR,
	KEEPER_END, KEEPER_GONE /* without an END */ };

struct keeper_message {
	enum keeper_event event;
	char link[256], app[72], name[256], why[PATH_MAX + 256]; /* of WINDOW: app, name; of LINK: link; of END and ERROR: why */
	uint32_t question; /* of QUESTION, and text, where to begin, and what the page wants */
	char text[768], folder[PATH_MAX], wants[16];
	bool writes;
};

/* Reads the next whole line without waiting, or gives KEEPER_NONE. */
enum keeper_event pairing_read(struct pairing *pairing, struct keeper_message *message);
/* The same, but waits; KEEPER_NONE: nothing came in time. */
enum keeper_event pairing_wait(struct pairing *pairing, struct keeper_message *message, int timeout_ms);

#endif
