#include "origin_check.h"

#include <stdio.h>

enum origin_verdict origin_check(const struct head *head, const char *host, const char *origin)
{
	struct text from = head->fields[HEAD_ORIGIN], site = head->fields[HEAD_FETCH_SITE];
	bool is_get = head->method == METHOD_GET || head->method == METHOD_HEAD;

	if (!text_is(head->fields[HEAD_HOST], host))
		return ORIGIN_WRONG_HOST;
	if (from.at && !text_is(from, origin))
		return ORIGIN_FOREIGN;
	if (!from.at && (!is_get || head->fields[HEAD_UPGRADE].at))
		return ORIGIN_MISSING;
	if (!site.at || text_is(site, "same-origin") || text_is(site, "none"))
		return ORIGIN_OK;
	/* Links to us from elsewhere may be followed; what they lead to changes nothing and can't be read by who linked. */
	if (is_get && !head->fields[HEAD_UPGRADE].at && text_is(head->fields[HEAD_FETCH_MODE], "navigate") &&
	    text_is(head->fields[HEAD_FETCH_DEST], "document"))
		return ORIGIN_OK;
	return ORIGIN_FOREIGN_SITE;
}

int origin_check_status(enum origin_verdict verdict)
{
	return verdict == ORIGIN_OK ? 200 : verdict == ORIGIN_WRONG_HOST ? 421 : 403;
}

void origin_check_explain(enum origin_verdict verdict, const struct head *head, const char *origin, char *text, size_t size)
{
	struct text host = head->fields[HEAD_HOST], from = head->fields[HEAD_ORIGIN];

	switch (verdict) {
	case ORIGIN_WRONG_HOST:
		if (host.at)
			snprintf(text, size, "this gateway isn't '%.*s': open %s%.*s", (int)(host.length < 100 ? host.length : 100), host.at, origin,
			         (int)(head->path.length < 200 ? head->path.length : 200), head->path.at);
		else
			snprintf(text, size, "the request names no Host: this gateway is %s", origin);
		break;
	case ORIGIN_MISSING:
		snprintf(text, size, "the request doesn't say where it comes from: it needs 'Origin: %s'", origin);
		break;
	case ORIGIN_FOREIGN:
		snprintf(text, size, "pages of '%.*s' may not ask here: only those of %s", (int)(from.length < 100 ? from.length : 100), from.at, origin);
		break;
	case ORIGIN_FOREIGN_SITE:
		snprintf(text, size, "another site's page asked: only those of %s may", origin);
		break;
	case ORIGIN_OK:
		snprintf(text, size, "welcome");
		break;
	}
}
