#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/digest.h"
#include "server/base/home.h"

#define AUTHORITY "authority.pem"
#define AUTHORITY_KEY "authority.key"
#define LEAF "gateway.pem"

enum { DAY_S = 24 * 60 * 60 };

static bool fail(struct store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct store *store, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(store->why, sizeof store->why, format, args);
	va_end(args);
	return false;
}

/* ---- files ---- */

const char *store_path(const struct store *store, const char *file)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", store->folder, file);
	return path;
}

bool store_open(struct store *store)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	memset(store, 0, sizeof *store);
	store->lock_fd = -1;
	if (data && *data == '/')
		snprintf(store->folder, sizeof store->folder, "%s/wvwasi-gw/certs", data);
	else if (home && *home == '/')
		snprintf(store->folder, sizeof store->folder, "%s/.local/share/wvwasi-gw/certs", home);
	else
		return fail(store, "no HOME to keep certificates in");
	if (!folders_make(store->folder))
		return fail(store, "%s: cannot make the certificates' folder '%s'", strerror(errno), store->folder);
	store->lock_fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->lock_fd < 0 || flock(store->lock_fd, LOCK_EX) != 0)
		return fail(store, "%s: cannot lock the certificates' folder '%s'", strerror(errno), store->folder);
	return true;
}

void store_close(struct store *store)
{
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	store->lock_fd = -1;
}

/* False with errno; ENOENT: it isn't there. EPERM: a key that others may read. */
static bool file_read(const char *path, bool is_secret, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t length = 0;
	struct stat stat;
	ssize_t got = 1;
	int error;

	if (fd < 0)
		return false;
	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
		errno = EINVAL, got = -1;
	else if (is_secret && stat.st_mode & 077)
		errno = EPERM, got = -1;
	while (got > 0 && length < size - 1) {
		got = read(fd, text + length, size - 1 - length);
		length += got > 0 ? (size_t)got : 0;
	}
	if (got > 0)
		errno = EFBIG, got = -1;
	error = errno;
	close(fd);
	errno = error;
	text[length] = 0;
	return got == 0;
}

/* Writes the whole file or changes nothing. */
static bool file_write(struct store *store, const char *name, mode_t mode, const char *first, const char *second)
{
	char path[PATH_MAX], draft[PATH_MAX + 8];
	int fd, error;
	bool done;

	snprintf(path, sizeof path, "%s", store_path(store, name));
	snprintf(draft, sizeof draft, "%s.new", path);
	unlink(draft);
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	done = fd >= 0 && write(fd, first, strlen(first)) == (ssize_t)strlen(first) &&
	       write(fd, second, strlen(second)) == (ssize_t)strlen(second) && fsync(fd) == 0;
	error = errno;
	if (fd >= 0)
		close(fd);
	if (done && rename(draft, path) != 0)
		done = false, error = errno;
	return done || fail(store, "%s: cannot write '%s'", strerror(error), path);
}

/* ---- the CA ---- */

bool store_authority(struct store *store, char pem[PEM_MAX])
{
	struct certificate_facts facts;
	const char *path = store_path(store, AUTHORITY);

	*store->why = 0;
	if (!file_read(path, false, pem, PEM_MAX))
		return errno == ENOENT ? false : fail(store, "%s: cannot read the CA's certificate '%s'", strerror(errno), path);
	if (!certificate_read(pem, &facts))
		return fail(store, "not a certificate: '%s' (a new CA: wvwasi-gw cert --new)", path);
	return true;
}

bool store_has_key(const struct store *store)
{
	return access(store_path(store, AUTHORITY_KEY), F_OK) == 0;
}

bool store_authority_new(struct store *store, time_t now)
{
	struct credentials authority;
	struct name machine;
	bool done;

	name_of_machine(&machine);
	if (!authority_make(&machine, now, &authority))
		return fail(store, "the CA couldn't be made");
	/* Removes the old leaf first, so that a failure can't leave one of another CA. */
	unlink(store_path(store, LEAF));
	done = file_write(store, AUTHORITY_KEY, 0600, authority.key, "") &&
	       file_write(store, AUTHORITY, 0644, authority.certificate, "");
	credentials_clear(&authority);
	return done;
}

bool store_key_forget(struct store *store)
{
	const char *path = store_path(store, AUTHORITY_KEY);
	static const char nothing[4096];
	struct stat stat;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT || fail(store, "%s: cannot open the CA's key '%s'", strerror(errno), path);
	/* Overwrites as far as the file system lets us: a journal or a flash disk may keep a copy for a while. */
	if (fstat(fd, &stat) == 0 && stat.st_size <= (off_t)sizeof nothing && write(fd, nothing, (size_t)stat.st_size) >= 0)
		fsync(fd);
	close(fd);
	return unlink(path) == 0 || fail(store, "%s: cannot remove the CA's key '%s'", strerror(errno), path);
}

/* The CA with its key. */
static bool authority_load(struct store *store, time_t now, struct credentials *authority)
{
	const char *path;

	if (!store_authority(store, authority->certificate)) {
		if (*store->why)
			return false;
		if (!store_authority_new(store, now) || !store_authority(store, authority->certificate))
			return false;
	}
	path = store_path(store, AUTHORITY_KEY);
	if (!file_read(path, true, authority->key, PEM_MAX)) {
		if (errno == EPERM)
			return fail(store,
				"other users may read the CA's key '%s': forbid it (chmod 600), or make a new CA (wvwasi-gw cert --new)", path);
		if (errno == ENOENT)
			return fail(store, "the CA's key was removed, so nothing new can be signed (a new CA: wvwasi-gw cert --new)");
		return fail(store, "%s: cannot read the CA's key '%s'", strerror(errno), path);
	}
	return key_matches(authority->key, authority->certificate) ||
	       fail(store, "the CA's key '%s' isn't that of its certificate (a new CA: wvwasi-gw cert --new)", path);
}

/* ---- the leaf ---- */

static bool covers(const struct names *have, const struct names *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!names_have(have, &wanted->all[i]))
			return false;
	return true;
}

/* Reads the file with both twice: the parser of certificates skips keys, the parser of keys skips certificates. */
static bool leaf_load(struct store *store, struct credentials *leaf, struct certificate_facts *facts)
{
	char authority[PEM_MAX];

	if (!file_read(store_path(store, LEAF), true, leaf->certificate, PEM_MAX) || !certificate_read(leaf->certificate, facts))
		return false;
	memcpy(leaf->key, leaf->certificate, PEM_MAX);
	return key_matches(leaf->key, leaf->certificate) && store_authority(store, authority) &&
	       certificate_is_signed_by(leaf->certificate, authority);
}

/* Browsers refuse a name outside the CA's limits without saying why, so we refuse first. */
static bool may_sign_for(struct store *store, const struct credentials *authority, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct name *name = &names->all[i];

		if (name->ip_length && !name_is_private(name))
			return fail(store,
				"our CA may sign only for private addresses: '%s' needs a certificate of your own (--certificate, --key)",
				name->text);
		if (!name->ip_length && !authority_permits(authority->certificate, name))
			return fail(store, "the CA wasn't made for '%s': this machine had another name then (a new CA: wvwasi-gw cert --new)",
			            name->text);
	}
	return true;
}

bool store_leaf_renew(struct store *store, const struct names *names, time_t now, int days, struct credentials *leaf)
{
	struct credentials authority = { 0 };
	bool done = authority_load(store, now, &authority) && may_sign_for(store, &authority, names) &&
	            (leaf_make(&authority, names, now, days, leaf) || fail(store, "the certificate couldn't be made"));

	credentials_clear(&authority);
	return done && file_write(store, LEAF, 0600, leaf->certificate, leaf->key);
}

bool store_leaf(struct store *store, const struct names *names, time_t now, int days, struct credentials *leaf, bool *made_new)
{
	struct certificate_facts facts = { 0 };
	bool is_there = leaf_load(store, leaf, &facts), done;
	struct names wanted = *names;

	if (made_new)
		*made_new = false;
	/* Without the CA's key no newer one can be made, so this one serves until it has expired. */
	if (is_there && covers(&facts.names, names) && facts.from <= now &&
	    facts.until > now + (store_has_key(store) ? (time_t)RENEW_DAYS * DAY_S : 0))
		return true;
	for (size_t i = 0; is_there && i < facts.names.count && wanted.count < NAMES_MAX; i++)
		if (facts.names.all[i].ip_length)
			names_add(&wanted, &facts.names.all[i]); /* so that a laptop can return to a former network */
	done = store_leaf_renew(store, &wanted, now, days, leaf);
	if (done && made_new)
		*made_new = true;
	return done;
}

/* ---- the user's own ---- */

static bool say(char why[WHY_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool say(char why[WHY_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, WHY_MAX, format, args);
	va_end(args);
	return false;
}

bool own_certificate_read(const char *certificate, const char *key, const struct name *name, time_t now,
                          struct credentials *credentials, char why[WHY_MAX])
{
	struct certificate_facts facts;
	char names[400], day[32];
	struct tm parts;
	unsigned bits;

	if (!file_read(certificate, false, credentials->certificate, PEM_MAX))
		return say(why, "%s: cannot read the certificate '%s'", strerror(errno), certificate);
	if (!file_read(key, false, credentials->key, PEM_MAX))
		return say(why, "%s: cannot read the certificate's key '%s'", strerror(errno), key);
	switch (certificate_check(credentials->certificate, &bits)) {
	case CERTIFICATE_KEY_UNSUPPORTED:
		return say(why,
			"the certificate's key or signature is of a kind that can't be used here (Ed25519?), take RSA or ECDSA: '%s'",
			certificate);
	case CERTIFICATE_WEAK:
		return say(why, "the certificate's RSA key has %u bits, browsers refuse less than %d: '%s'", bits, RSA_BITS_LEAST,
		           certificate);
	default:
		break;
	}
	if (!certificate_read(credentials->certificate, &facts))
		return say(why, "not a certificate in PEM: '%s'", certificate);
	if (!key_matches(credentials->key, credentials->certificate))
		return say(why, "the key doesn't belong to the certificate (or is encrypted, or not PEM): '%s' for '%s'", key,
		           certificate);
	gmtime_r(facts.until < now ? &facts.until : &facts.from, &parts);
	strftime(day, sizeof day, "%Y-%m-%d %H:%M", &parts);
	if (facts.until < now)
		return say(why, "the certificate expired on %s UTC: '%s'", day, certificate);
	if (facts.from > now)
		return say(why, "the certificate isn't valid before %s UTC (is this machine's clock right?): '%s'", day, certificate);
	names_write(&facts.names, names, sizeof names);
	if (!names_have(&facts.names, name))
		return say(why, "the certificate is for %s, not for %s: '%s'", facts.names.count ? names : "no name that browsers accept",
		           name->text, certificate);
	return true;
}
