#include "sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "remembered.h"
#include "secrets.h"

static struct session *sessions, **last_session = &sessions;
static uint32_t last_id;
static void (*on_close)(const struct session *session);
static unsigned gone_but_held; /* revoked, but still held */

void sessions_on_close(void closed(const struct session *session))
{
	on_close = closed;
}

struct session *session_hold(struct session *session)
{
	session->holds++;
	return session;
}

void session_drop(struct session *session)
{
	if (--session->holds)
		return;
	gone_but_held--;
	free(session);
}

struct session *session_open(struct gateway *gateway, enum session_scope scope, const char *address, struct text user_agent,
                             uint64_t now_ns)
{
	struct session *session = calloc(1, sizeof *session);

	if (!session)
		return NULL;
	session->id = ++last_id;
	session->scope = scope;
	session->holds = 1; /* the table's */
	session->opened_ns = now_ns;
	session->memory.budget = (size_t)gateway->config->limits.memory;
	snprintf(session->address, sizeof session->address, "%s", address);
	browser_name(user_agent, session->browser, sizeof session->browser);
	*last_session = session;
	last_session = &session->next;
	events_session_open(gateway, session->id, session->address, session->browser);
	return session;
}

void session_remember(struct gateway *gateway, const struct session *session)
{
	struct remembered one = { .until_s = time(NULL) + REMEMBER_DAYS * 24 * 60 * 60 };

	if (!gateway->config->remember || !secrets_session_digests(gateway->secrets, session, &one.secret, &one.cookie))
		return;
	snprintf(one.address, sizeof one.address, "%s", session->address);
	snprintf(one.browser, sizeof one.browser, "%s", session->browser);
	remember(gateway, &one);
}

static void session_forget(struct gateway *gateway, const struct session *session)
{
	struct digest secret, cookie;

	if (!gateway->stopping && session->remembered && secrets_session_digests(gateway->secrets, session, &secret, &cookie))
		forget(gateway, &secret);
}

static void session_close(struct gateway *gateway, struct session **link)
{
	struct session *session = *link;

	session->revoked = true;
	session_forget(gateway, session);
	secrets_session_forget(gateway->secrets, session);
	if (on_close)
		on_close(session);
	events_session_close(gateway, session->id);
	*link = session->next;
	if (!session->next)
		last_session = link;
	gone_but_held++;
	session_drop(session);
}

bool session_revoke(struct gateway *gateway, uint32_t id)
{
	for (struct session **link = &sessions; *link; link = &(*link)->next)
		if ((*link)->id == id) {
			session_close(gateway, link);
			return true;
		}
	return false;
}

void sessions_restore(struct gateway *gateway, const struct remembered_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct remembered *one = &list->all[i];
		struct session *session = session_open(gateway, SCOPE_RUN, one->address, (struct text){ 0 }, now_ns());

		if (!session)
			return;
		session->remote = session->remembered = true;
		snprintf(session->browser, sizeof session->browser, "%s", one->browser);
		if (!secrets_session_restore(gateway->secrets, session, &one->secret, &one->cookie))
			session_revoke(gateway, session->id);
	}
}

void sessions_close(struct gateway *gateway)
{
	while (sessions)
		session_close(gateway, &sessions);
}

bool sessions_are_held(void)
{
	for (const struct session *session = sessions; session; session = session->next)
		if (session->holds > 1)
			return true;
	return gone_but_held > 0;
}

const struct session *sessions_first(void)
{
	return sessions;
}

const char *scope_name(enum session_scope scope)
{
	static const char *const names[] = { [SCOPE_RUN] = "run", [SCOPE_WATCH] = "watch", [SCOPE_CONTROL] = "control" };

	return names[scope];
}

void browser_name(struct text user_agent, char *name, size_t size)
{
	/* Browsers also name those that they imitate, so the most specific name comes first. */
	static const struct { const char *sign, *name; } browsers[] = {
		{ "Edg/", "Edge" }, { "OPR/", "Opera" }, { "Firefox/", "Firefox" }, { "Epiphany/", "Epiphany" },
		{ "HeadlessChrome/", "Chromium" },
		{ "Chromium/", "Chromium" }, { "Chrome/", "Chrome" }, { "Safari/", "Safari" }, { "AppleWebKit/", "WebKit" },
		{ "curl/", "curl" },
	}, systems[] = {
		{ "Android", "Android" }, { "Linux", "Linux" }, { "iPhone", "iOS" }, { "iPad", "iOS" }, { "Mac OS X", "macOS" },
		{ "Windows", "Windows" },
	};
	const char *browser = "a client", *system = NULL;

	for (size_t i = 0; user_agent.at && i < sizeof browsers / sizeof *browsers; i++)
		if (memmem(user_agent.at, user_agent.length, browsers[i].sign, strlen(browsers[i].sign))) {
			browser = browsers[i].name;
			break;
		}
	for (size_t i = 0; user_agent.at && i < sizeof systems / sizeof *systems; i++)
		if (memmem(user_agent.at, user_agent.length, systems[i].sign, strlen(systems[i].sign))) {
			system = systems[i].name;
			break;
		}
	snprintf(name, size, system ? "%s on %s" : "%s", browser, system);
}
