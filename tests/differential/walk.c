/* A random walk through the calls about files, valid and not, that says what each gave: the same seed makes the same calls on any
 * host, so two hosts that say the same behave the same. Arguments: first seed, how many, steps of each, fences. Each seed works
 * in a folder of its own. fences: more than zero: after so many steps each it says on stderr where it is, and goes on when
 * something came on stdin. Leaves out what hosts may differ in by right, or are known to: times that nobody set, inodes, orders
 * of listings, rights, `..` (some hosts take it away before they look), parts of seconds. */
#include <stdio.h>
#include <stdlib.h>

#include "../guests/calls.h"

enum { SLOTS = 5, CREAT = 1, FOLDER = 2, EXCL = 4, TRUNC = 8 };

static int dir, fds[SLOTS]; /* -1: closed */
static uint64_t dice;
static char note[400]; /* what the call gave */

static uint32_t roll(uint32_t sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % sides;
}

static const char *name(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/f", "./a", "d/", "a/", "a/b", "",
		".", "missing/x", "d/./e", "l", "l/a", "\xc3\xa4 \n" };

	return names[roll(roll(3) ? 10 : sizeof names / sizeof *names)];
}

static const char *target(void)
{
	static const char *const targets[] = { "a", "d", "d/a", "missing", "l", ".", "b" };

	return targets[roll(sizeof targets / sizeof *targets)];
}

static int some_fd(void)
{
	static const int wild[] = { 99, -1, 4000 };

	return roll(12) ? fds[roll(SLOTS)] : wild[roll(3)];
}

static void put_stat(const stat_t *stat)
{
	/* A folder's size and links are the file system's affair. */
	int folder = stat->filetype == __WASI_FILETYPE_DIRECTORY;

	snprintf(note, sizeof note, "type %u size %llu links %llu", stat->filetype, folder ? 0 : (unsigned long long)stat->size,
		folder ? 0 : (unsigned long long)stat->nlink);
}

static void put_bytes(const char *bytes, uint32_t length, uint64_t at)
{
	int end = snprintf(note, sizeof note, "%u at %llu:", length, (unsigned long long)at);

	for (uint32_t i = 0; i < length && end < (int)sizeof note - 4; i++)
		end += snprintf(note + end, sizeof note - (size_t)end, "%02x", (unsigned char)bytes[i]);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int list(int fd)
{
	static uint8_t buffer[4096];
	static char texts[64][40];
	char *names[64];
	uint32_t used = 0;
	int count = 0, end = 0, error = fd_readdir(fd, buffer, sizeof buffer, 0, &used);

	for (uint32_t at = 0; !error && at + 24 <= used && count < 64;) {
		__wasi_dirent_t entry;

		memcpy(&entry, buffer + at, 24);
		snprintf(texts[count], sizeof texts[count], "%.*s:%u", (int)entry.d_namlen, (char *)buffer + at + 24, entry.d_type);
		at += 24 + entry.d_namlen;
		if (texts[count][0] != '.')
			names[count] = texts[count], count++;
	}
	qsort(names, (size_t)count, sizeof *names, by_name);
	for (int i = 0; i < count; i++)
		end += snprintf(note + end, sizeof note - (size_t)end, "%s ", names[i]);
	return error;
}

static int open_one(void)
{
	static const int ways[] = { 0, 0, CREAT, CREAT, CREAT | EXCL, CREAT | TRUNC, TRUNC, FOLDER };
	const uint64_t rights[] = { __WASI_RIGHTS_FD_READ, __WASI_RIGHTS_FD_WRITE, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE };
	const uint64_t always = __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET |
		__WASI_RIGHTS_FD_FILESTAT_SET_TIMES |
		__WASI_RIGHTS_FD_ADVISE | __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | __WASI_RIGHTS_FD_READDIR |
		__WASI_RIGHTS_PATH_OPEN;
	int way = ways[roll(8)], slot = (int)roll(SLOTS), fd = -1, follow = (int)roll(2), append = roll(5) == 0, error;
	uint64_t right = rights[way & FOLDER ? 0 : roll(3)];
	const char *path = name();

	if (way & TRUNC && right == rights[0])
		right = rights[2]; /* truncating what is opened to read: hosts differ, and trap 12 is ours */
	if (right != rights[0])
		right |= __WASI_RIGHTS_FD_FILESTAT_SET_SIZE;
	error = path_open(dir, follow, P(path), way, right | always, 0, append ? __WASI_FDFLAGS_APPEND : 0, &fd);
	printf("open '%s' way %d rights %llx follow %d append %d", path, way, (unsigned long long)(right & 0x42), follow, append);
	if (!error) {
		if (fds[slot] >= 0)
			fd_close(fds[slot]);
		fds[slot] = fd;
		snprintf(note, sizeof note, "%d", fd);
	}
	return error;
}

static int on_fd(int fd)
{
	char bytes[64];
	in_t in[2] = { { (uint8_t *)bytes, 5 }, { (uint8_t *)bytes + 5, roll(20) } };
	out_t out[2] = { { (const uint8_t *)"abcdefgh", roll(8) }, { (const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWXYZ", roll(26) } };
	uint64_t at = roll(40), place = 0;
	uint32_t done = 0;
	fdstat_t fdstat;
	stat_t stat;
	int error, whence = (int)roll(3);
	int64_t delta = (int64_t)roll(60) - 20;

	switch (roll(12)) {
	case 0: case 1:
		printf("write %d", fd);
		error = fd_write(fd, out, 2, &done);
		if (!error)
			error = fd_tell(fd, &place), snprintf(note, sizeof note, "%u to %llu", done, (unsigned long long)place);
		return error;
	case 2:
		printf("pwrite %d at %llu", fd, (unsigned long long)at);
		error = fd_pwrite(fd, out, 2, at, &done);
		snprintf(note, sizeof note, "%u", done);
		return error;
	case 3: case 4:
		printf("read %d", fd);
		error = fd_read(fd, in, 2, &done);
		if (!error)
			put_bytes(bytes, done, 0);
		return error;
	case 5:
		printf("pread %d at %llu", fd, (unsigned long long)at);
		error = fd_pread(fd, in, 2, at, &done);
		if (!error)
			put_bytes(bytes, done, at);
		return error;
	case 6: case 7:
		printf("seek %d by %lld from %d", fd, (long long)delta, whence);
		error = fd_seek(fd, delta, whence, &place);
		snprintf(note, sizeof note, "%llu", (unsigned long long)place);
		return error;
	case 8:
		printf("stat %d", fd);
		error = fd_filestat_get(fd, &stat);
		if (!error)
			put_stat(&stat);
		return error;
	case 9:
		printf("set size %d %llu", fd, (unsigned long long)at);
		return fd_filestat_set_size(fd, at);
	case 10:
		printf("fdstat %d", fd);
		error = fd_fdstat_get(fd, &fdstat);
		if (!error)
			snprintf(note, sizeof note, "type %u", fdstat.fs_filetype);
		return error;
	default:
		printf("times of %d", fd);
		error = fd_filestat_set_times(fd, 1000000000, 2000000000 + at * 1000000000, 5);
		if (!error && !fd_filestat_get(fd, &stat))
			snprintf(note, sizeof note, "%llu %llu", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
		return error;
	}
}

static int on_path(void)
{
	const char *path = name(), *other = name();
	int follow = (int)roll(2), error;
	char link[64];
	uint32_t used = 0;
	stat_t stat;

	switch (roll(11)) {
	case 0: printf("mkdir '%s'", path); return path_create_directory(dir, P(path));
	case 1: printf("rmdir '%s'", path); return path_remove_directory(dir, P(path));
	case 2: printf("unlink '%s'", path); return path_unlink_file(dir, P(path));
	case 3: case 4: printf("rename '%s' to '%s'", path, other); return path_rename(dir, P(path), dir, P(other));
	case 5: printf("link '%s' to '%s'", path, other); return path_link(dir, 0, P(path), dir, P(other));
	case 6: path = target(); printf("symlink '%s' at '%s'", path, other); return path_symlink(P(path), dir, P(other));
	case 7:
		printf("readlink '%s'", path);
		error = path_readlink(dir, P(path), link, sizeof link, &used);
		if (!error)
			put_bytes(link, used, 0);
		return error;
	case 8: case 9:
		printf("stat '%s' follow %d", path, follow);
		error = path_filestat_get(dir, follow, P(path), &stat);
		if (!error)
			put_stat(&stat);
		return error;
	default:
		printf("times of '%s' follow %d", path, follow);
		error = path_filestat_set_times(dir, follow, P(path), 3000000000, 4000000000, 5);
		if (!error && !path_filestat_get(dir, follow, P(path), &stat))
			snprintf(note, sizeof note, "%llu %llu", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
		return error;
	}
}

static int step(void)
{
	int fd, slot;

	*note = 0;
	switch (roll(10)) {
	case 0: case 1: case 2: return open_one();
	case 3: case 4: case 5: return on_fd(some_fd());
	case 6:
		slot = (int)roll(SLOTS);
		fd = fds[slot];
		printf("close %d", fd);
		fds[slot] = -1;
		return fd_close(fd);
	case 7:
		printf("list");
		return list(dir);
	default: return on_path();
	}
}

/* Who changes things too does it now. */
static void fence(unsigned seed, int step)
{
	char text[40], byte;

	sprintf(text, "fence %u.%d\n", seed, step);
	fwrite(text, 1, strlen(text), stderr);
	if (fread(&byte, 1, 1, stdin) != 1)
		exit(1);
}

static void walk(unsigned seed, int steps, int fences)
{
	fdstat_t root;
	char folder[20];

	snprintf(folder, sizeof folder, "seed%u", seed);
	dice = (seed + 1) * 0x9E3779B97F4A7C15u; /* neighbours' walks are to have nothing in common */
	dice = (dice ^ dice >> 30) * 0xBF58476D1CE4E5B9u;
	dice ^= dice >> 27;
	if (fd_fdstat_get(ROOT, &root) || path_create_directory(ROOT, P(folder)) ||
	    path_open(ROOT, 0, P(folder), FOLDER, root.fs_rights_base, root.fs_rights_inheriting, 0, &dir)) {
		printf("no folder\n");
		exit(1);
	}
	memset(fds, -1, sizeof fds);
	for (int i = 0; i < steps; i++) {
		int error;

		if (fences && i % fences == 0)
			fence(seed, i);
		printf("%u.%d ", seed, i);
		error = step();
		printf(" = %d %s\n", error, error ? "" : note);
	}
	for (int i = 0; i < SLOTS; i++)
		if (fds[i] >= 0)
			fd_close(fds[i]);
	fd_close(dir);
}

int main(int argc, char **argv)
{
	unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 1, count = argc > 2 ? (unsigned)atoi(argv[2]) : 1;

	for (unsigned seed = first; seed < first + count; seed++)
		walk(seed, argc > 3 ? atoi(argv[3]) : 100, argc > 4 ? atoi(argv[4]) : 0);
	return 0;
}
