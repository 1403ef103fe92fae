#include "remembered.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/gateway.h"
#include "server/base/keeper_messages.h"
#include "secrets.h"
#include "sessions.h"

/* Of the file: another version's is left alone, and begun anew. */
static const char sign[8] = "wvpair1\n";

/* ---- the keeper ---- */

static bool memory_write(const struct memory *memory)
{
	char draft[sizeof memory->name + 8];
	size_t length = memory->count * sizeof *memory->all;
	int fd, error;
	bool done;

	if (memory->folder_fd < 0)
		return true;
	snprintf(draft, sizeof draft, "%s.new", memory->name);
	unlinkat(memory->folder_fd, draft, 0);
	fd = openat(memory->folder_fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	done = fd >= 0 && write(fd, sign, sizeof sign) == (ssize_t)sizeof sign && write(fd, memory->all, length) == (ssize_t)length;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return done && renameat(memory->folder_fd, draft, memory->folder_fd, memory->name) == 0;
}

void memory_open(struct memory *memory, int folder_fd, const char *name, bool keeps, int64_t now_s)
{
	char begin[sizeof sign];
	struct remembered one;
	struct stat stat;
	int fd;

	memset(memory, 0, sizeof *memory);
	memory->folder_fd = -1;
	snprintf(memory->name, sizeof memory->name, "%s.paired", name);
	if (folder_fd < 0)
		return;
	if (!keeps) { /* asked to remember once isn't asked for ever */
		unlinkat(folder_fd, memory->name, 0);
		return;
	}
	memory->folder_fd = folder_fd;
	fd = openat(folder_fd, memory->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && !(stat.st_mode & 077) && stat.st_uid == geteuid() &&
	    read(fd, begin, sizeof begin) == (ssize_t)sizeof begin && !memcmp(begin, sign, sizeof sign))
		while (memory->count < REMEMBERED_MAX && read(fd, &one, sizeof one) == (ssize_t)sizeof one) {
			one.address[sizeof one.address - 1] = one.browser[sizeof one.browser - 1] = 0;
			if (one.until_s > now_s)
				memory->all[memory->count++] = one;
		}
	close(fd);
}

bool memory_hear(struct memory *memory, const uint8_t *bytes, size_t length)
{
	struct remembered one;

	if (length != sizeof one)
		return true;
	memcpy(&one, bytes, sizeof one);
	one.address[sizeof one.address - 1] = one.browser[sizeof one.browser - 1] = 0;
	if (memory->count == REMEMBERED_MAX)
		memmove(memory->all, memory->all + 1, --memory->count * sizeof *memory->all);
	memory->all[memory->count++] = one;
	return memory_write(memory);
}

bool memory_hear_not(struct memory *memory, const uint8_t *bytes, size_t length)
{
	struct digest secret;
	size_t kept = 0;

	if (length != sizeof secret)
		return true;
	memcpy(&secret, bytes, sizeof secret);
	for (size_t i = 0; i < memory->count; i++)
		if (!digest_equals(&memory->all[i].secret, &secret))
			memory->all[kept++] = memory->all[i];
	if (kept == memory->count)
		return true;
	memory->count = kept;
	return memory_write(memory);
}

/* ---- the gateway ---- */

void remember_restore(struct gateway *gateway, const struct memory *memory)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (size_t i = 0; i < memory->count; i++) {
		const struct remembered *one = &memory->all[i];
		struct session *session = session_open(gateway, SCOPE_RUN, one->address, (struct text){ 0 },
		                                       (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);

		if (!session)
			return;
		session->remote = session->remembered = true;
		snprintf(session->browser, sizeof session->browser, "%s", one->browser);
		if (!secrets_session_restore(gateway->secrets, session, &one->secret, &one->cookie))
			session_revoke(gateway, session->id);
	}
}

void remember_session(struct gateway *gateway, const struct session *session)
{
	struct remembered one = { .until_s = time(NULL) + REMEMBER_DAYS * 24 * 60 * 60 };

	if (!gateway->config->remember || !secrets_session_digests(gateway->secrets, session, &one.secret, &one.cookie))
		return;
	snprintf(one.address, sizeof one.address, "%s", session->address);
	snprintf(one.browser, sizeof one.browser, "%s", session->browser);
	channel_send(&gateway->channel, SAY_REMEMBER, 0, 0, &one, sizeof one, -1);
	gateway_channel_watch(gateway);
}

void remember_not(struct gateway *gateway, const struct session *session)
{
	struct digest secret, cookie;

	if (gateway->stopping || !session->remembered || !secrets_session_digests(gateway->secrets, session, &secret, &cookie))
		return;
	channel_send(&gateway->channel, SAY_FORGET, 0, 0, &secret, sizeof secret, -1);
	gateway_channel_watch(gateway);
}
