#include "grants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/upstream.h"

/* A folder on its way to a grant; the default one for / may lie in a read-write one, which an explicit one may not. */
struct folder {
	struct wasi_grant grant;
	bool by_default;
	char *text;           /* host and guest name are in here */
	char real[PATH_MAX];
};

static enum grants_verdict failed(enum grants_verdict verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum grants_verdict failed(enum grants_verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("wvwasi-gw: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return verdict;
}

static void *must(void *memory)
{
	if (!memory)
		abort(); /* at the start, with a handful of bytes asked for */
	return memory;
}

void dir_words_split(char *text, struct dir_words *words)
{
	size_t length = strlen(text);
	char *guest;

	words->read_only = length > 3 && !strcmp(text + length - 3, ":ro");
	if (words->read_only)
		text[length - 3] = 0;
	guest = strstr(text, "::");
	words->host = words->guest = text;
	if (guest && guest != text && guest[2]) {
		*guest = 0;
		words->guest = guest + 2;
	}
}

static enum grants_verdict folder_open(struct folder *folder, const char *what)
{
	const char *host = folder->grant.host_path;

	folder->grant.dir_fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->grant.dir_fd < 0 && errno == ENOENT && folder->grant.name == host && strstr(host, ":/"))
		return failed(GRANTS_IMPOSSIBLE, "%s: %s '%s' (`::` separates a folder from its name for programs)", strerror(errno),
		              what, host);
	if (folder->grant.dir_fd < 0 || !realpath(host, folder->real))
		return failed(GRANTS_IMPOSSIBLE, "%s: %s '%s'", strerror(errno), what, host);
	return GRANTS_OPEN;
}

/* ---- folders ---- */

static bool lies_in(const char *inner, const char *outer)
{
	size_t length = strlen(outer);

	return !strncmp(inner, outer, length) && (!inner[length] || inner[length] == '/' || outer[length - 1] == '/');
}

static bool is_writable_inside(const struct folder *inner, const struct folder *outer)
{
	return inner != outer && !inner->grant.scratch && !outer->grant.scratch && inner->grant.read_only &&
	       !outer->grant.read_only && lies_in(inner->real, outer->real);
}

static enum grants_verdict folders_agree(const struct folder *folders, size_t count)
{
	const struct folder *end = folders + count, *app = NULL, *around = NULL;

	for (const struct folder *one = folders; one < end; one++)
		for (const struct folder *other = folders; other < end; other++) {
			if (one < other && !strcmp(one->grant.name, other->grant.name))
				return failed(GRANTS_CONTRADICT, "two folders for one name: '%s' and '%s' for '%s'", one->grant.host_path,
				              other->grant.host_path, one->grant.name);
			if (!is_writable_inside(one, other))
				continue;
			if (!one->by_default)
				return failed(GRANTS_CONTRADICT, "read-only '%s' lies in '%s', which may be written", one->grant.host_path,
				              other->grant.host_path);
			app = one;
			around = other;
		}
	if (app)
		failed(GRANTS_OPEN, "programs may change the app: '%s' lies in '%s', which may be written", app->grant.host_path,
		       around->grant.host_path);
	return GRANTS_OPEN;
}

/* Does the name lead where /dev does, or is it the root's? wasi-libc takes "dev", "./dev" and "/dev/" for the same. */
static bool is_named(const char *name, const char *wanted)
{
	size_t length = strlen(wanted);

	while (*name == '/' || (*name == '.' && (!name[1] || name[1] == '/')))
		name++;
	return !strncmp(name, wanted, length) && strspn(name + length, "/.") == strlen(name + length);
}

/* An empty one is a mount point, as in a tree made to be a root. */
static bool has_dev(int dir_fd)
{
	int fd = openat(dir_fd, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat stat;
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (fd < 0)
		return fstatat(dir_fd, "dev", &stat, AT_SYMLINK_NOFOLLOW) == 0;
	dir = must(fdopendir(fd));
	while (!found && (entry = readdir(dir)))
		found = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return found;
}

/* /dev of ours hides nothing that the user grants. */
static bool folders_have_dev(const struct folder *folders, size_t count)
{
	for (const struct folder *folder = folders; folder < folders + count; folder++)
		if (is_named(folder->grant.name, "dev") || (is_named(folder->grant.name, "") && !folder->grant.scratch &&
		                                            has_dev(folder->grant.dir_fd)))
			return true;
	return false;
}

static struct wasi_grant devices_open(struct grants *grants)
{
	wasi_devices_open(&grants->devices);
	return (struct wasi_grant){ .name = "/dev", .host_path = "", .dir_fd = -1, .devices = &grants->devices };
}

/* `/` and `/tmp`, then each --dir; one for `/` or `/tmp` replaces the default. */
static enum grants_verdict folders_open(struct gateway *gateway, const struct config *config)
{
	size_t count = 0, capacity = config->dirs.count + 3;
	struct folder *folders = must(calloc(capacity, sizeof *folders));
	enum grants_verdict verdict = GRANTS_OPEN;
	struct grants *grants = &gateway->grants;

	if (config->root && !upstream_is_url(config->root)) {
		struct folder app = { .grant = { .name = "/", .host_path = config->root, .read_only = true }, .by_default = true };

		verdict = folder_open(&app, "app folder");
		if (verdict)
			goto out;
		gateway->root_fd = app.grant.dir_fd;
		if (!config->no_root_dir)
			folders[count++] = app;
	}
	folders[count++] = (struct folder){ .grant = { .name = "/tmp", .host_path = "", .dir_fd = -1, .scratch = true },
		.by_default = true };
	for (size_t i = 0; i < config->dirs.count; i++) {
		struct folder folder = { .text = must(strdup(config->dirs.items[i])) };
		struct dir_words words;
		size_t at = 0;

		dir_words_split(folder.text, &words);
		folder.grant = (struct wasi_grant){ .name = words.guest, .host_path = words.host, .read_only = words.read_only,
			.dir_fd = -1 };
		verdict = folder_open(&folder, "folder");
		while (at < count && !(folders[at].by_default && !strcmp(folders[at].grant.name, words.guest)))
			at++;
		folders[at] = folder;
		count += at == count;
		if (verdict)
			goto out;
	}
	verdict = folders_agree(folders, count);
	if (!config->no_dev && !folders_have_dev(folders, count)) /* last: programs count on the numbers of those before */
		folders[count++] = (struct folder){ .grant = devices_open(grants) };
	grants->dirs = must(calloc(count, sizeof *grants->dirs));
	for (size_t i = 0; i < count; i++)
		grants->dirs[i] = folders[i].grant;
	grants->dirs_count = count;
out:
	free(folders); /* the names stay: the grants lend them */
	return verdict;
}

/* ---- scratch ---- */

static enum grants_verdict scratch_open(struct grants *grants)
{
	const char *base = getenv("TMPDIR");
	char path[PATH_MAX];
	struct stat stat;

	for (size_t i = 0; ; i++) {
		if (i == grants->dirs_count)
			return GRANTS_OPEN; /* nobody has any */
		if (grants->dirs[i].scratch)
			break;
	}
	snprintf(path, sizeof path, "%s/wvwasi-gw-%u", base && *base ? base : "/tmp", (unsigned)geteuid());
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return failed(GRANTS_IMPOSSIBLE, "%s: cannot make folder '%s'", strerror(errno), path);
	grants->scratch_parent_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (grants->scratch_parent_fd < 0 || fstat(grants->scratch_parent_fd, &stat) != 0)
		return failed(GRANTS_IMPOSSIBLE, "%s: folder '%s'", strerror(errno), path);
	if (stat.st_uid != geteuid() || (stat.st_mode & 077 && fchmod(grants->scratch_parent_fd, 0700) != 0))
		return failed(GRANTS_IMPOSSIBLE, "somebody else's: folder '%s'", path);
	wasi_scratch_sweep(grants->scratch_parent_fd);
	return GRANTS_OPEN;
}

/* ---- listening sockets ---- */

static const char *address_text(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	char host[64] = "", port[8] = "", text[80];

	getsockname(fd, (struct sockaddr *)&address, &length);
	getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, sizeof text, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return must(strdup(text));
}

void listen_words_split(char *text, struct listen_words *words)
{
	static const char mode[] = ":blocking";
	size_t length = strlen(text);
	char *colon;

	words->blocking = length > sizeof mode - 1 && !strcmp(text + length - (sizeof mode - 1), mode);
	if (words->blocking)
		text[length -= sizeof mode - 1] = 0;
	words->host = words->port = "";
	colon = strrchr(text, ':');
	if (!colon)
		return;
	words->port = colon + 1;
	*colon = 0;
	length = (size_t)(colon - text);
	if (length > 1 && text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = 0;
		text++;
	}
	words->host = strcmp(text, "localhost") ? text : "127.0.0.1";
}

static enum grants_verdict socket_open(struct wasi_listener *listener, const char *given)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE }, *found;
	struct listen_words words;
	char text[256];
	int on = 1;

	if (strlen(given) >= sizeof text)
		return failed(GRANTS_CONTRADICT, "too long: --tcplisten '%s'", given);
	strcpy(text, given);
	listen_words_split(text, &words);
	if (!*words.host || !*words.port)
		return failed(GRANTS_CONTRADICT, "not HOST:PORT or HOST:PORT:blocking: --tcplisten '%s'", given);
	if (getaddrinfo(words.host, words.port, &hints, &found) != 0)
		return failed(GRANTS_CONTRADICT, "not an address and a port: --tcplisten '%s'", given);
	listener->blocking = words.blocking;
	listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd >= 0)
		setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (listener->fd < 0 || bind(listener->fd, found->ai_addr, found->ai_addrlen) != 0 || listen(listener->fd, 128) != 0) {
		int error = errno;

		freeaddrinfo(found);
		return failed(GRANTS_IMPOSSIBLE, "%s: cannot listen on '%s'", strerror(error), given);
	}
	freeaddrinfo(found);
	listener->address = address_text(listener->fd);
	return GRANTS_OPEN;
}

static enum grants_verdict sockets_open(struct grants *grants, const struct config *config)
{
	enum grants_verdict verdict = GRANTS_OPEN;

	grants->listeners = must(calloc(config->tcplisten.count + 1, sizeof *grants->listeners));
	for (size_t i = 0; i < config->tcplisten.count && !verdict; i++) {
		verdict = socket_open(&grants->listeners[i], config->tcplisten.items[i]);
		grants->listeners_count = i + 1;
	}
	return verdict;
}

/* ---- words ---- */

static enum grants_verdict env_read(struct grants *grants, const struct config *config)
{
	grants->env = must(calloc(config->env.count + 1, sizeof *grants->env));
	for (size_t i = 0; i < config->env.count; i++) {
		const char *words = config->env.items[i], *equals = strchr(words, '='), *value;
		char *pair;

		if (equals == words)
			return failed(GRANTS_CONTRADICT, "no name: --env '%s'", words);
		if (equals) {
			grants->env[grants->env_count++] = words;
		} else if ((value = getenv(words))) {
			if (asprintf(&pair, "%s=%s", words, value) < 0)
				abort();
			grants->env[grants->env_count++] = pair;
		}
	}
	return GRANTS_OPEN;
}

static void args_read(struct grants *grants, const struct config *config)
{
	const char *slash;

	if (!config->program)
		return;
	grants->args = must(calloc(config->program_count, sizeof *grants->args));
	grants->args_count = config->program_count;
	for (size_t i = 0; i < config->program_count; i++)
		grants->args[i] = config->program[i];
	slash = strrchr(grants->args[0], '/');
	if (slash && slash[1])
		grants->args[0] = slash + 1;
}

enum grants_verdict grants_open(struct gateway *gateway, const struct config *config)
{
	struct grants *grants = &gateway->grants;
	enum grants_verdict verdict;

	gateway->root_fd = -1;
	grants->scratch_parent_fd = -1;
	grants->devices = (struct wasi_devices){ .fds = { -1, -1, -1 } };
	grants->limits = config->limits.guest;
	args_read(grants, config);
	verdict = env_read(grants, config);
	if (!verdict)
		verdict = folders_open(gateway, config);
	if (!verdict)
		verdict = scratch_open(grants);
	if (!verdict)
		verdict = sockets_open(grants, config);
	return verdict;
}

void grants_close(struct gateway *gateway)
{
	struct grants *grants = &gateway->grants;

	for (size_t i = 0; i < grants->dirs_count; i++)
		if (grants->dirs[i].dir_fd >= 0 && grants->dirs[i].dir_fd != gateway->root_fd)
			close(grants->dirs[i].dir_fd);
	for (size_t i = 0; i < grants->listeners_count; i++)
		close(grants->listeners[i].fd);
	wasi_devices_close(&grants->devices);
	if (grants->scratch_parent_fd >= 0)
		close(grants->scratch_parent_fd);
	if (gateway->root_fd >= 0)
		close(gateway->root_fd);
}
