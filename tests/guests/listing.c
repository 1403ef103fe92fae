/* Folders: every entry once, whatever the buffer. */
#include "calls.h"
#include "check.h"
#include <dirent.h>
#include <stdlib.h>

enum { MOST = 1000 };
static uint8_t buffer[65536];
static int files = MOST;

/* Reads a folder with a buffer of `size`; counts each file's appearances. False: a call failed or it doesn't end. */
static bool list(int dir, uint32_t size, int seen[MOST], int *others)
{
	uint64_t cookie = 0;
	memset(seen, 0, MOST * sizeof *seen);
	*others = 0;
	for (int rounds = 0; rounds < 100000; rounds++) {
		uint32_t used;
		if (fd_readdir(dir, buffer, size, cookie, &used) || used > size)
			return false;
		uint32_t at = 0;
		while (at + sizeof(__wasi_dirent_t) <= used) {
			__wasi_dirent_t entry;
			memcpy(&entry, buffer + at, sizeof entry);
			if (at + sizeof entry + entry.d_namlen > used)
				break; /* cut: asked for again from here */
			char name[256] = { 0 };
			memcpy(name, buffer + at + sizeof entry, entry.d_namlen);
			int number;
			if (sscanf(name, "file-%d", &number) == 1 && number >= 0 && number < files)
				seen[number]++;
			else
				++*others;
			at += sizeof entry + entry.d_namlen;
			cookie = entry.d_next;
		}
		if (used < size)
			return true;
		if (at == 0)
			return false; /* not even one entry fits */
	}
	return false;
}

static bool each_once(const int seen[MOST])
{
	for (int i = 0; i < files; i++)
		if (seen[i] != 1)
			return false;
	return true;
}

/* listing [FILES] */
int main(int argc, char **argv)
{
	if (argc > 1 && atoi(argv[1]) <= MOST)
		files = atoi(argv[1]);
	static int seen[MOST];
	int others;
	uint32_t used;
	(void)!path_create_directory(ROOT, P("empty"));
	int dir = open_at(ROOT, "empty", __WASI_OFLAGS_DIRECTORY, 0, 0);
	CHECK_EQ(fd_readdir(dir, buffer, sizeof buffer, 0, &used), 0, "53 a folder opened without rights is listed");
	__wasi_dirent_t entry;
	stat_t stat;
	memcpy(&entry, buffer, sizeof entry);
	fd_filestat_get(dir, &stat);
	CHECK(entry.d_namlen == 1 && buffer[sizeof entry] == '.', "53 . comes first");
	CHECK_EQ(entry.d_ino, stat.ino, "53 with the folder's inode");
	CHECK_EQ(entry.d_type, __WASI_FILETYPE_DIRECTORY, "53 and type");
	CHECK_EQ(used, 2 * sizeof entry + 3, "53 then .., and nothing else");

	/* the buffer grows byte by byte until a name fits */
	(void)!path_symlink(P("x"), dir, P("n\xc3\xa4me"));
	bool found = false;
	fd_readdir(dir, buffer, sizeof buffer, 0, &used);
	memcpy(&entry, buffer + sizeof entry + 1, sizeof entry);
	uint64_t cookie = entry.d_next; /* after . and .. */
	for (uint32_t size = 0; size < 64 && !found; size++) {
		if (fd_readdir(dir, buffer, size, cookie, &used) || used > size)
			break;
		memcpy(&entry, buffer, sizeof entry);
		found = used >= sizeof entry && used >= sizeof entry + entry.d_namlen && !memcmp(buffer + sizeof entry, "n\xc3\xa4me", 5);
	}
	CHECK(found, "54 a cut record is asked for again until it fits");
	CHECK_EQ(entry.d_type, __WASI_FILETYPE_SYMBOLIC_LINK, "53 with its type");
	path_filestat_get(dir, 0, P("n\xc3\xa4me"), &stat);
	CHECK_EQ(entry.d_ino, stat.ino, "53 and the inode of its stat");
	fd_readdir(dir, buffer, sizeof buffer, 0, &used);
	CHECK_EQ(used, 3 * sizeof entry + 3 + 5, "54 a new entry is seen from the start again");
	fd_close(dir);

	(void)!path_create_directory(ROOT, P("many"));
	dir = open_at(ROOT, "many", __WASI_OFLAGS_DIRECTORY, READ | __WASI_RIGHTS_FD_READDIR, 0);
	for (int i = 0; i < files; i++) {
		char name[32];
		snprintf(name, sizeof name, "file-%d", i);
		fd_close(open_at(dir, name, __WASI_OFLAGS_CREAT, WRITE, 0));
	}
	static const uint32_t sizes[] = { 128, 173, 1000, 4096, 65536 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CHECK(list(dir, sizes[i], seen, &others), "54 a listing ends, whatever the buffer");
		CHECK(each_once(seen), "54 with each entry once");
		CHECK_EQ(others, 2, "54 and . and .. beside");
	}

	/* from any cookie */
	fd_readdir(dir, buffer, sizeof buffer, 0, &used);
	uint64_t cookies[8] = { 0 };
	char names[8][32] = { { 0 } };
	for (uint32_t at = 0, i = 0; i < 8; i++) {
		memcpy(&entry, buffer + at, sizeof entry);
		memcpy(names[i], buffer + at + sizeof entry, entry.d_namlen);
		cookies[i] = entry.d_next;
		at += sizeof entry + entry.d_namlen;
	}
	bool same = true;
	for (int i = 6; i >= 0; i--) {
		fd_readdir(dir, buffer, 256, cookies[i], &used);
		memcpy(&entry, buffer, sizeof entry);
		same &= entry.d_namlen == strlen(names[i + 1]) && !memcmp(buffer + sizeof entry, names[i + 1], entry.d_namlen);
	}
	CHECK(same, "55 a listing goes on from any cookie");
	uint64_t last = 0;
	for (uint64_t next = 0; !fd_readdir(dir, buffer, sizeof buffer, next, &used) && used;) {
		for (uint32_t at = 0; at + sizeof entry <= used;) {
			memcpy(&entry, buffer + at, sizeof entry);
			at += sizeof entry + entry.d_namlen;
			if (at <= used)
				last = next = entry.d_next;
		}
		if (used < sizeof buffer)
			break;
	}
	CHECK_EQ(fd_readdir(dir, buffer, sizeof buffer, last, &used), 0, "55 after the last one");
	CHECK_EQ(used, 0, "55 nothing");
	CHECK_EQ(fd_readdir(dir, buffer, sizeof buffer, last + 1, &used), 0, "55 and beyond");
	CHECK_EQ(used, 0, "55 nothing");

	/* libc's view, while entries go */
	DIR *stream = opendir("/many");
	int removed = 0;
	for (struct dirent *item; stream && (item = readdir(stream));)
		if (item->d_name[0] == 'f' && !path_unlink_file(dir, P(item->d_name)))
			removed++;
	if (stream)
		closedir(stream);
	CHECK_EQ(removed, files, "entries may be removed while they are listed");
	CHECK_EQ(path_remove_directory(ROOT, P("many")), 0, "and then the folder is empty");
	int file = open_at(ROOT, "file", __WASI_OFLAGS_CREAT, READ, 0);
	CHECK_EQ(fd_readdir(file, buffer, sizeof buffer, 0, &used), __WASI_ERRNO_NOTDIR, "a file has no entries");
	fd_close(dir), fd_close(file);
	return check_end();
}
