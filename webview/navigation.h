/* Decides where a page may navigate to: within its own origin only. Pure functions on strings; they know no engine. */
#ifndef WEBVIEW_NAVIGATION_H
#define WEBVIEW_NAVIGATION_H

#include <stdbool.h>
#include <stddef.h>

enum navigation {
	NAVIGATION_OWN,      /* our origin, or a document that one of its pages made */
	NAVIGATION_EXTERNAL, /* for the user's own browser */
	NAVIGATION_REFUSED,  /* neither */
};

/* origin: "scheme://host:port". uri: as an engine writes it, after its own parsing. */
enum navigation navigation_classify(const char *origin, const char *uri);

/* Copies the origin of a link. False: it has none, or it doesn't fit. */
bool navigation_origin(const char *link, char *origin, size_t size);

/* Path and query of a URI of our origin, "/" for anything else; lent by uri or static, and cut at its fragment: *length says how
 * long. */
const char *navigation_path(const char *origin, const char *uri, size_t *length);

/* The link with another target path: "…#k=TOKEN&to=path", escaped for a fragment. Yours (free). */
char *navigation_link_to(const char *link, const char *path);

#endif
