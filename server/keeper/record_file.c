#include "record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "printing.h"

enum { HEAD_BYTES = 12, KIND_HEAD = 1 };

static const char magic[] = "wvwasi recording 1\n";

int record_file_make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0 && errno == EEXIST)
		keeper_complain("cannot record to '%s': it is there already, and no recording takes another file's place", path);
	else if (fd < 0)
		keeper_complain("%s: cannot record to '%s'", strerror(errno), path);
	return fd;
}

static uint32_t u32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

const char *record_file_program(int fd, char *path, size_t size)
{
	uint8_t head[sizeof magic - 1 + HEAD_BYTES];
	ssize_t got = pread(fd, head, sizeof head, 0);
	const uint8_t *block = head + sizeof magic - 1;
	uint32_t length;

	if (got < (ssize_t)sizeof magic - 1 || memcmp(head, magic, sizeof magic - 1))
		return "it is no recording of wvwasi-gw";
	if (got < (ssize_t)sizeof head)
		return "it is empty: no program has started while it was made";
	length = u32(block + 8);
	if (u32(block) != KIND_HEAD || length >= size || pread(fd, path, length, sizeof head) != (ssize_t)length ||
	    memchr(path, 0, length))
		return "it is damaged";
	path[length] = 0;
	return NULL;
}
