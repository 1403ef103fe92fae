#include "handshake_rank.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "server/auth/sessions.h"

enum { UNFINISHED_MAX = 64, UNFINISHED_MS = 60000 };

static struct {
	uint64_t until_ms;
	char address[64];
} unfinished[UNFINISHED_MAX];

/* Also those that --remember kept. */
static bool is_paired(const char *address)
{
	for (const struct session *session = sessions_first(); session; session = session->next)
		if (session->remote && !strcmp(session->address, address))
			return true;
	return false;
}

static bool left_one(const char *address, uint64_t now_ms)
{
	for (size_t i = 0; i < UNFINISHED_MAX; i++)
		if (unfinished[i].until_ms > now_ms && !strcmp(unfinished[i].address, address))
			return true;
	return false;
}

enum handshake_rank handshake_rank(const char *address, unsigned open, uint64_t now_ms)
{
	if (is_paired(address))
		return RANK_PAIRED;
	return open || left_one(address, now_ms) ? RANK_OTHER : RANK_NEW;
}

enum handshake_rank handshake_rank_of_open(const char *address, uint64_t age_ms, uint64_t now_ms)
{
	if (age_ms >= HANDSHAKE_YOUNG_MS)
		return RANK_OTHER;
	return handshake_rank(address, 0, now_ms);
}

void handshake_unfinished(const char *address, uint64_t now_ms)
{
	size_t at = 0;

	for (size_t i = 0; i < UNFINISHED_MAX; i++) {
		if (!strcmp(unfinished[i].address, address)) {
			at = i;
			break;
		}
		if (unfinished[i].until_ms < unfinished[at].until_ms)
			at = i;
	}
	unfinished[at].until_ms = now_ms + UNFINISHED_MS;
	snprintf(unfinished[at].address, sizeof unfinished[at].address, "%s", address);
}
