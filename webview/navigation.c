#include "navigation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool begins(const char *text, const char *with)
{
	return !strncasecmp(text, with, strlen(with));
}

/* The origin must end where the URI's authority does: "http://localhost:80" isn't in "http://localhost:8080/" nor in
 * "…:80@evil/". */
static bool is_of(const char *origin, const char *uri)
{
	size_t length = strlen(origin);

	return !strncmp(uri, origin, length) && (!uri[length] || strchr("/?#", uri[length]));
}

enum navigation navigation_classify(const char *origin, const char *uri)
{
	static const char *const made_here[] = { "about:blank", "about:srcdoc" };
	static const char *const browsers[] = { "http://", "https://", "mailto:" };

	if (is_of(origin, uri))
		return NAVIGATION_OWN;
	if (begins(uri, "blob:"))
		return is_of(origin, uri + strlen("blob:")) ? NAVIGATION_OWN : NAVIGATION_REFUSED;
	for (size_t i = 0; i < sizeof made_here / sizeof *made_here; i++) {
		size_t length = strlen(made_here[i]);

		if (begins(uri, made_here[i]) && (!uri[length] || strchr("?#", uri[length])))
			return NAVIGATION_OWN;
	}
	for (size_t i = 0; i < sizeof browsers / sizeof *browsers; i++)
		if (begins(uri, browsers[i]))
			return NAVIGATION_EXTERNAL;
	return NAVIGATION_REFUSED;
}

bool navigation_origin(const char *link, char *origin, size_t size)
{
	const char *authority = strstr(link, "://"), *end;

	if (!authority || (!begins(link, "http://") && !begins(link, "https://")))
		return false;
	authority += strlen("://");
	end = authority + strcspn(authority, "/?#");
	if (end == authority || (size_t)(end - link) >= size || memchr(authority, '@', (size_t)(end - authority)))
		return false;
	memcpy(origin, link, (size_t)(end - link));
	origin[end - link] = 0;
	return true;
}

const char *navigation_path(const char *origin, const char *uri, size_t *length)
{
	const char *path = uri && is_of(origin, uri) ? uri + strlen(origin) : "/";

	if (*path != '/')
		path = "/";
	*length = strcspn(path, "#");
	return path;
}

char *navigation_link_to(const char *link, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	char *made = malloc(strlen(link) + strlen("&to=") + 3 * strlen(path) + 1), *at;
	const char *old = strstr(link, "&to=");

	if (!made)
		return NULL;
	at = made + sprintf(made, "%.*s&to=", (int)(old ? old - link : (ptrdiff_t)strlen(link)), link);
	for (; *path; path++) {
		if (strchr(plain, *path))
			*at++ = *path;
		else
			at += sprintf(at, "%%%02X", (unsigned char)*path);
	}
	*at = 0;
	return made;
}
