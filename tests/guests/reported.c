/* What users of other runtimes reported; the name in front of a promise is the public thread. Every answer is Linux's own. */
#include "calls.h"
#include "check.h"
#include <stdlib.h>

enum { CREAT = __WASI_OFLAGS_CREAT };

static void make(const char *name)
{
	int fd, error = path_open(ROOT, 0, P(name), CREAT, WRITE, 0, 0, &fd);
	if (!error)
		fd_close(fd);
}

static int type_of(int lookup, const char *name)
{
	stat_t stat = {.filetype = 99};
	int error = path_filestat_get(ROOT, lookup, P(name), &stat);
	return error ? -error : stat.filetype;
}

static int opens(const char *name, int oflags, uint64_t rights)
{
	int fd, error = path_open(ROOT, FOLLOW, P(name), oflags, rights, 0, 0, &fd);
	if (!error)
		fd_close(fd);
	return error;
}

/* The 25 shapes of dewasm 43, and those of uvwasi 267, wasmer 4820, wasmtime 14380 and 14359. */
static void slashes(void)
{
	const int NOTDIR = __WASI_ERRNO_NOTDIR, NOENT = __WASI_ERRNO_NOENT, EXIST = __WASI_ERRNO_EXIST, ISDIR = __WASI_ERRNO_ISDIR;
	make("f");
	path_create_directory(ROOT, P("dir"));
	path_symlink(P("dir"), ROOT, P("sym_dir"));
	path_symlink(P("f"), ROOT, P("link"));
	path_symlink(P("nowhere"), ROOT, P("dangling"));
	for (int round = 0; round < 2; round++) { /* asked, and then known */
		CHECK_EQ(type_of(0, "sym_dir/"), __WASI_FILETYPE_DIRECTORY, "wasmtime 14380: a link with a slash is its folder");
		CHECK_EQ(type_of(0, "sym_dir"), __WASI_FILETYPE_SYMBOLIC_LINK, "wasmtime 14380: without one it is a link");
		CHECK_EQ(type_of(FOLLOW, "f/"), -NOTDIR, "wasmtime 14359: a file with a slash");
		CHECK_EQ(type_of(0, "f/"), -NOTDIR, "wasmtime 14359: not followed");
		CHECK_EQ(type_of(0, "f/."), -NOTDIR, "wasmtime 14359: with a dot");
		CHECK_EQ(type_of(0, "f//"), -NOTDIR, "wasmtime 14359: with two");
		CHECK_EQ(type_of(0, "link/"), -NOTDIR, "wasmtime 14359: a link to a file");
		CHECK_EQ(opens("f", 0, READ), 0, "wasmer 4820: a file");
		CHECK_EQ(opens("f/", 0, READ), NOTDIR, "uvwasi 267: a file with a slash doesn't open");
		CHECK_EQ(opens("link/", 0, READ), NOTDIR, "uvwasi 267: nor does a link to it");
		CHECK_EQ(opens("f/", CREAT, WRITE), ISDIR, "dewasm 43: create over a file with a slash");
		CHECK_EQ(opens("new/", CREAT, WRITE), ISDIR, "dewasm 43: create a file with a slash");
		CHECK_EQ(opens("dangling/", CREAT, WRITE), ISDIR, "dewasm 43: create behind a link with a slash");
		CHECK_EQ(path_rename(ROOT, P("f/"), ROOT, P("x")), NOTDIR, "dewasm 43: rename a file with a slash");
		CHECK_EQ(path_rename(ROOT, P("dir"), ROOT, P("f/")), NOTDIR, "dewasm 43: a folder onto a file with a slash");
		CHECK_EQ(path_rename(ROOT, P("f"), ROOT, P("new/")), NOTDIR, "dewasm 43: a file to a new name with a slash");
		CHECK_EQ(path_rename(ROOT, P("missing/"), ROOT, P("x")), NOENT, "dewasm 43: rename what is missing");
		CHECK_EQ(path_rename(ROOT, P("sym_dir/"), ROOT, P("x")), NOTDIR, "dewasm 43: rename a link with a slash");
		CHECK_EQ(path_unlink_file(ROOT, P("f/")), NOTDIR, "dewasm 43: unlink a file with a slash");
		CHECK_EQ(path_unlink_file(ROOT, P("missing/")), NOENT, "dewasm 43: unlink what is missing");
		CHECK_EQ(path_unlink_file(ROOT, P("sym_dir/")), NOTDIR, "dewasm 43: unlink a link with a slash");
		CHECK_EQ(path_remove_directory(ROOT, P("f/")), NOTDIR, "dewasm 43: rmdir a file with a slash");
		CHECK_EQ(path_remove_directory(ROOT, P("sym_dir/")), NOTDIR, "dewasm 43: rmdir a link with a slash");
		CHECK_EQ(path_link(ROOT, 0, P("f/"), ROOT, P("x")), NOTDIR, "dewasm 43: link a file with a slash");
		CHECK_EQ(path_create_directory(ROOT, P("f/")), EXIST, "dewasm 43: mkdir over a file with a slash");
		CHECK_EQ(path_create_directory(ROOT, P("dangling/")), EXIST, "dewasm 43: mkdir over a link with a slash");
		CHECK_EQ(path_create_directory(ROOT, P("made/")), 0, "dewasm 43: mkdir with a slash");
		CHECK_EQ(path_rename(ROOT, P("made/"), ROOT, P("moved/")), 0, "dewasm 43: rename a folder, both with one");
		CHECK_EQ(path_remove_directory(ROOT, P("moved/")), 0, "dewasm 43: rmdir with a slash");
	}
	CHECK_EQ(type_of(0, "f"), __WASI_FILETYPE_REGULAR_FILE, "dewasm 43: nothing was renamed or removed");
	CHECK_EQ(type_of(0, "x"), -NOENT, "dewasm 43: nothing was made");
	CHECK_EQ(type_of(0, "nowhere"), -NOENT, "dewasm 43: nor behind the link");
}

static void walks(void)
{
	make("target");
	path_create_directory(ROOT, P("b"));
	path_symlink(P(".."), ROOT, P("b/up"));
	path_symlink(P("../b/up"), ROOT, P("b/again"));
	CHECK_EQ(opens("b/up", 0, 0), 0, "wasmtime 9272: a link to ..");
	CHECK_EQ(opens("b/up/target", 0, READ), 0, "wasmtime 9272: and through it");
	CHECK_EQ(opens("b/up/b/up/target", 0, READ), 0, "wasmtime 9272: twice");
	CHECK_EQ(opens("b/again/target", 0, READ), 0, "wasmtime 9272: and through a link to it");
	int fd;
	CHECK_EQ(path_open(ROOT, FOLLOW, "", 0, 0, READ, 0, 0, &fd), __WASI_ERRNO_NOENT, "js_of_ocaml 2356: an empty path");
	CHECK_EQ(type_of(FOLLOW, ""), -__WASI_ERRNO_NOENT, "js_of_ocaml 2356: nor is it the folder");
}

static void offsets(void)
{
	int fd;
	uint32_t done = 0;
	uint64_t at = 99;
	const out_t three = {(const uint8_t *)"abc", 3};
	in_t byte = {(uint8_t[1]){0}, 1};
	stat_t stat;
	path_open(ROOT, 0, P("offset"), CREAT, READ | WRITE, 0, 0, &fd);
	fd_write(fd, &three, 1, &done);
	CHECK(!fd_tell(fd, &at) && at == 3, "bun 40772: a write moves the offset");
	fd_write(fd, &three, 1, &done);
	CHECK(!fd_seek(fd, 0, __WASI_WHENCE_CUR, &at) && at == 6, "bun 40772: for seek too");
	CHECK(!fd_seek(fd, 460, __WASI_WHENCE_END, &at) && at == 466, "wasmer 4867: behind the end");
	CHECK_EQ(fd_pwrite(fd, &three, 1, UINT64_MAX, &done), __WASI_ERRNO_INVAL, "uvwasi 256: a write at 2^64 - 1 fails");
	CHECK_EQ(fd_pwrite(fd, &three, 1, 1ull << 63, &done), __WASI_ERRNO_INVAL, "uvwasi 256: at 2^63 too");
	CHECK_EQ(fd_filestat_set_size(fd, 2815222840989488694ull), __WASI_ERRNO_FBIG, "wazero 1870: too large a size is told");
	CHECK(!fd_filestat_get(fd, &stat) && stat.size == 6, "wazero 1870: and changes nothing");
	fd_close(fd);

	const uint64_t far = 5000000000ull;
	path_open(ROOT, 0, P("large"), CREAT, READ | WRITE, 0, 0, &fd);
	fd_write(fd, &three, 1, &done);
	CHECK(!fd_seek(fd, (int64_t)far, __WASI_WHENCE_SET, &at) && at == far, "wasmer 6427: seek behind 4 GiB");
	CHECK(!fd_write(fd, &three, 1, &done) && done == 3, "wasmer 6427: write there");
	CHECK(!fd_filestat_get(fd, &stat) && stat.size == far + 3, "wasmer 6427: the size");
	CHECK(!fd_seek(fd, 0, __WASI_WHENCE_END, &at) && at == far + 3, "wasmer 6427: the end");
	CHECK(!fd_seek(fd, -1, __WASI_WHENCE_END, &at) && at == far + 2, "wasmer 6427: one before it");
	CHECK(!fd_read(fd, &byte, 1, &done) && done == 1 && *byte.buf == 'c', "wasmer 6427: what is read there");
	CHECK(!fd_pread(fd, &byte, 1, far, &done) && *byte.buf == 'a', "deno-wasi 13: by its place");
	CHECK(!fd_pread(fd, &byte, 1, far & UINT32_MAX, &done) && *byte.buf == 0, "deno-wasi 13: which isn't its low half");
	fd_close(fd);
	path_unlink_file(ROOT, P("large"));
}

static void times(void)
{
	int fd;
	stat_t file, folder, after;
	path_create_directory(ROOT, P("timed"));
	make("timed/file");
	path_filestat_get(ROOT, 0, P("timed"), &folder);
	const int both = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
	CHECK_EQ(path_filestat_set_times(ROOT, 0, P("timed/file"), 1000000001, 2000000002, both), 0, "wasmer 6972: times by path");
	path_filestat_get(ROOT, 0, P("timed/file"), &file);
	CHECK(file.atim == 1000000001 && file.mtim == 2000000002, "wasmer 6972: are the file's");
	path_filestat_get(ROOT, 0, P("timed"), &after);
	CHECK(after.mtim == folder.mtim, "wasmer 6972: and not its folder's");
	path_open(ROOT, 0, P("timed/file"), 0, READ | WRITE, 0, 0, &fd);
	CHECK_EQ(fd_filestat_set_times(fd, 3, 4, __WASI_FSTFLAGS_MTIM), 0, "wasmer 6973: one time by descriptor");
	fd_filestat_get(fd, &file);
	CHECK(file.atim == 1000000001 && file.mtim == 4, "wasmer 6973: the other stays");
	fd_close(fd);
}

/* args: reported TEXT…: each is found again, and not a byte is written behind what the sizes say. */
static void arguments(void)
{
	static const char *want[] = {"reported", "café", "日本語", "", "🧑‍💻 -", "a=b\nc"};
	uint32_t count = 0, size = 0, needed = 0;
	CHECK_EQ(args_sizes_get(&count, &size), 0, "browser_wasi_shim 109: sizes");
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		needed += strlen(want[i]) + 1;
	CHECK_EQ(count, sizeof want / sizeof *want, "browser_wasi_shim 109: how many");
	CHECK_EQ(size, needed, "browser_wasi_shim 109: bytes, not letters");
	uint8_t **argv = calloc(count + 1, sizeof *argv), *buffer = malloc(size + 8);
	memset(buffer, '#', size + 8);
	args_get(argv, buffer);
	for (uint32_t i = 0; i < count; i++)
		CHECK(!strcmp((char *)argv[i], want[i]), "browser_wasi_shim 109: each as it was given");
	CHECK(!argv[count] && !memcmp(buffer + size, "########", 8), "browser_wasi_shim 109: nothing behind them");
	uint32_t variables = 0, held = 0;
	environ_sizes_get(&variables, &held);
	uint8_t **environ = calloc(variables + 1, sizeof *environ), *bytes = malloc(held + 8);
	memset(bytes, '#', held + 8);
	environ_get(environ, bytes);
	bool found = false;
	for (uint32_t i = 0; i < variables; i++)
		found |= !strcmp((char *)environ[i], "WORT=schöne Grüße 世界");
	CHECK(found, "browser_wasi_shim 89: a variable in many letters");
	CHECK(!memcmp(bytes + held, "########", 8), "browser_wasi_shim 89: nothing behind it");
}

int main(void)
{
	slashes();
	walks();
	offsets();
	times();
	arguments();
	return check_end();
}
