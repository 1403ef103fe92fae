#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char secret[] = "canary: nobody was given this";
static const char secret_name[] = "canary-name";

static char base_path[128];
static pid_t maker;
static struct { struct stat file, folder, frozen, frozen_file; } made;

void broken(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("BROKEN: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

static int must(int result, const char *what)
{
	if (result < 0)
		broken("cannot prepare: %s: %s", what, strerror(errno));
	return result;
}

/* ---- removing ---- */

static void empty_folder(int dir)
{
	int again = must(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
	DIR *listing = fdopendir(again);
	struct dirent *entry;

	while ((entry = readdir(listing))) {
		int below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dir, entry->d_name, 0) == 0)
			continue;
		below = must(openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), entry->d_name);
		empty_folder(below);
		close(below);
		must(unlinkat(dir, entry->d_name, AT_REMOVEDIR), entry->d_name);
	}
	closedir(listing);
}

static void remove_base(void)
{
	int base;

	if (getpid() != maker || (base = open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return;
	empty_folder(base);
	close(base);
	rmdir(base_path);
}

/* ---- making ---- */

static int folder(int dir, const char *name)
{
	must(mkdirat(dir, name, 0755), name);
	return must(openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), name);
}

static void file(int dir, const char *name, const char *text)
{
	int fd = must(openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), name);

	must((int)write(fd, text, strlen(text)), name);
	close(fd);
}

static void see(const struct tree *tree, typeof(made) *as)
{
	must(fstatat(tree->outside, secret_name, &as->file, AT_SYMLINK_NOFOLLOW), "the canary");
	must(fstat(tree->outside, &as->folder), "outside");
	must(fstat(tree->frozen, &as->frozen), "frozen");
	must(fstatat(tree->frozen, "f", &as->frozen_file, AT_SYMLINK_NOFOLLOW), "frozen's file");
}

void tree_make(struct tree *tree)
{
	const char *tmp = getenv("TMPDIR");

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	snprintf(base_path, sizeof base_path, "%s/wvwasi-fuzz-XXXXXX", tmp && strlen(tmp) < 64 ? tmp : "/tmp");
	if (!mkdtemp(base_path))
		broken("cannot make '%s': %s", base_path, strerror(errno));
	maker = getpid();
	atexit(remove_base);
	tree->base = must(open(base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), base_path);
	tree->root = folder(tree->base, "root");
	tree->frozen = folder(tree->base, "frozen");
	tree->other = folder(tree->base, "other");
	tree->outside = folder(tree->base, "outside");
	tree->scratch = folder(tree->base, "scratch");
	file(tree->outside, secret_name, secret);
	file(tree->frozen, "f", "frozen");
	must(symlinkat("../outside", tree->frozen, "out"), "link");
	must(symlinkat("f", tree->frozen, "lf"), "link");
	see(tree, &made);
}

void tree_fill(const struct tree *tree)
{
	static const char *const links[][2] = {
		{ "..", "up" }, { "/", "abs" }, { "../outside", "out" }, { "../outside/canary-name", "outf" }, { "d", "ld" },
		{ "f", "lf" },
		{ "d/", "lds" }, { "../outside/", "outs" }, { "self", "self" }, { "nowhere", "dang" }, { "../outside/new", "dango" },
		{ ".", "dot" },
		{ "dot/..", "esc" }, { "d/e/../../f", "long" }, { "/proc/self/root", "magic" }, { "d/../../root/f", "back" },
	};
	int below, deeper;

	file(tree->root, "f", "hello");
	file(tree->other, "f", "other");
	below = folder(tree->root, "d");
	file(below, "f", "below");
	deeper = folder(below, "e");
	file(deeper, "f", "deeper");
	must(symlinkat("../../../outside", deeper, "out"), "link");
	must(symlinkat("../..", deeper, "up"), "link");
	close(deeper);
	close(below);
	must(mkfifoat(tree->root, "p", 0644), "fifo");
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		must(symlinkat(links[i][0], tree->root, links[i][1]), links[i][1]);
	must(symlinkat("../root/d", tree->other, "over"), "link");
}

void tree_wipe(const struct tree *tree)
{
	empty_folder(tree->root);
	empty_folder(tree->other);
}

struct guest *tree_guest(const struct tree *tree)
{
	static const char *const args[] = { "fuzz", "a b" }, *const env[] = { "A=b" };
	const struct wasi_grant grants[] = {
		{ .name = "/", .host_path = "root", .dir_fd = tree->root },
		{ .name = "/ro", .host_path = "frozen", .dir_fd = tree->frozen, .read_only = true },
		{ .name = "/other", .host_path = "other", .dir_fd = tree->other },
		{ .name = "/tmp", .host_path = "scratch", .dir_fd = -1, .scratch = true },
	};
	struct guest_config config = {
		.args = args, .args_count = 2, .env = env, .env_count = 1, .grants = grants, .grants_count = 4,
		.scratch_parent_fd = tree->scratch,
	};
	struct guest *guest;
	const char *failed;
	wasi_errno_t err;

	wasi_limits_default(&config.limits);
	config.limits.handles = 48;
	config.limits.data = 64 << 10;
	config.limits.subscriptions = 16;
	config.limits.scratch_bytes = 256 << 10;
	err = guest_new(&config, &guest, &failed);
	if (err)
		broken("no guest: errno %u, %s", err, failed);
	return guest;
}

/* ---- promises ---- */

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_nlink == b->st_nlink && a->st_mode == b->st_mode &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void tree_check(const struct tree *tree)
{
	typeof(made) now;
	struct stat scratch;

	see(tree, &now);
	if (!same(&now.file, &made.file) || !same(&now.folder, &made.folder))
		broken("something outside was changed");
	if (!same(&now.frozen, &made.frozen) || !same(&now.frozen_file, &made.frozen_file))
		broken("a read-only grant was changed");
	must(fstat(tree->scratch, &scratch), "scratch");
	if (scratch.st_nlink != 2)
		broken("a scratch folder was left behind");
}

/* By hand: what goes through memmem() or memcmp() is shown to the fuzzer, which would then write it itself. */
static bool holds(const uint8_t *at, const char *needle, size_t needle_length)
{
	for (size_t i = 0; i < needle_length; i++)
		if (at[i] != (uint8_t)needle[i])
			return false;
	return true;
}

void tree_check_bytes(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + sizeof secret_name - 1 <= length; i++) {
		if (i + sizeof secret - 1 <= length && holds(bytes + i, secret, sizeof secret - 1))
			broken("a guest read what lies outside");
		/* A link that was put there names it; a listing of the folder would too, but behind its record's head. */
		if (holds(bytes + i, secret_name, sizeof secret_name - 1) && (i == 0 || bytes[i - 1] != '/'))
			broken("a guest listed what lies outside");
	}
}
