#include "origin_check.h"

#include <stdio.h>

enum origin_verdict origin_check(const struct origin_claims *claims, const char *host, const char *origin)
{
	struct text from = claims->origin, site = claims->fetch_site;

	if (!text_is(claims->host, host))
		return ORIGIN_WRONG_HOST;
	if (from.at && !text_is(from, origin))
		return ORIGIN_FOREIGN;
	if (!from.at && (!claims->is_get || claims->is_upgrade))
		return ORIGIN_MISSING;
	if (!site.at || text_is(site, "same-origin") || text_is(site, "none"))
		return ORIGIN_OK;
	/* Other sites may link here: following a link changes nothing, and the site that linked can't read the answer. */
	if (claims->is_get && !claims->is_upgrade && text_is(claims->fetch_mode, "navigate") &&
	    text_is(claims->fetch_dest, "document"))
		return ORIGIN_OK;
	return ORIGIN_FOREIGN_SITE;
}

int origin_check_status(enum origin_verdict verdict)
{
	return verdict == ORIGIN_OK ? 200 : verdict == ORIGIN_WRONG_HOST ? 421 : 403;
}

void origin_check_explain(enum origin_verdict verdict, const struct origin_claims *claims, const char *origin, char *text,
                          size_t size)
{
	struct text host = claims->host, from = claims->origin;

	switch (verdict) {
	case ORIGIN_WRONG_HOST:
		if (host.at)
			snprintf(text, size, "this gateway isn't '%.*s': open %s%.*s", (int)(host.length < 100 ? host.length : 100), host.at,
			         origin, (int)(claims->path.length < 200 ? claims->path.length : 200), claims->path.at);
		else
			snprintf(text, size, "the request names no Host: this gateway is %s", origin);
		break;
	case ORIGIN_MISSING:
		snprintf(text, size, "the request doesn't say where it comes from: it needs 'Origin: %s'", origin);
		break;
	case ORIGIN_FOREIGN:
		snprintf(text, size, "pages of '%.*s' may not ask here: only those of %s", (int)(from.length < 100 ? from.length : 100),
		         from.at, origin);
		break;
	case ORIGIN_FOREIGN_SITE:
		snprintf(text, size, "another site's page asked: only those of %s may", origin);
		break;
	case ORIGIN_OK:
		snprintf(text, size, "welcome");
		break;
	}
}
