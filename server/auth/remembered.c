#include "remembered.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/gateway.h"
#include "server/base/keeper_messages.h"

/* Version of the file; one of another version is ignored and replaced. */
static const char sign[8] = "wvpair1\n";

/* ---- the keeper ---- */

static bool remembered_write(const struct remembered_list *list)
{
	char draft[sizeof list->name + 8];
	size_t length = list->count * sizeof *list->all;
	int fd, error;
	bool done;

	if (list->folder_fd < 0)
		return true;
	snprintf(draft, sizeof draft, "%s.new", list->name);
	unlinkat(list->folder_fd, draft, 0);
	fd = openat(list->folder_fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	done = fd >= 0 && write(fd, sign, sizeof sign) == (ssize_t)sizeof sign && write(fd, list->all, length) == (ssize_t)length;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return done && renameat(list->folder_fd, draft, list->folder_fd, list->name) == 0;
}

void remembered_open(struct remembered_list *list, int folder_fd, const char *name, bool keeps, int64_t now_s)
{
	char begin[sizeof sign];
	struct remembered one;
	struct stat stat;
	int fd;

	memset(list, 0, sizeof *list);
	list->folder_fd = -1;
	snprintf(list->name, sizeof list->name, "%s.paired", name);
	if (folder_fd < 0)
		return;
	if (!keeps) { /* a start without --remember forgets them */
		unlinkat(folder_fd, list->name, 0);
		return;
	}
	list->folder_fd = folder_fd;
	fd = openat(folder_fd, list->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && !(stat.st_mode & 077) && stat.st_uid == geteuid() &&
	    read(fd, begin, sizeof begin) == (ssize_t)sizeof begin && !memcmp(begin, sign, sizeof sign))
		while (list->count < REMEMBERED_MAX && read(fd, &one, sizeof one) == (ssize_t)sizeof one) {
			one.address[sizeof one.address - 1] = one.browser[sizeof one.browser - 1] = 0;
			if (one.until_s > now_s)
				list->all[list->count++] = one;
		}
	close(fd);
}

bool remembered_add(struct remembered_list *list, const uint8_t *bytes, size_t length)
{
	struct remembered one;

	if (length != sizeof one)
		return true;
	memcpy(&one, bytes, sizeof one);
	one.address[sizeof one.address - 1] = one.browser[sizeof one.browser - 1] = 0;
	if (list->count == REMEMBERED_MAX)
		memmove(list->all, list->all + 1, --list->count * sizeof *list->all);
	list->all[list->count++] = one;
	return remembered_write(list);
}

bool remembered_remove(struct remembered_list *list, const uint8_t *bytes, size_t length)
{
	struct digest secret;
	size_t kept = 0;

	if (length != sizeof secret)
		return true;
	memcpy(&secret, bytes, sizeof secret);
	for (size_t i = 0; i < list->count; i++)
		if (!digest_equals(&list->all[i].secret, &secret))
			list->all[kept++] = list->all[i];
	if (kept == list->count)
		return true;
	list->count = kept;
	return remembered_write(list);
}

/* ---- the gateway ---- */

void remember(struct gateway *gateway, const struct remembered *one)
{
	channel_send(&gateway->channel, SAY_REMEMBER, 0, 0, one, sizeof *one, -1);
}

void forget(struct gateway *gateway, const struct digest *secret)
{
	channel_send(&gateway->channel, SAY_FORGET, 0, 0, secret, sizeof *secret, -1);
}
