/* Certificates: what our CA is limited to, what its leaves say, and that both are what an independent reader sees. (openssl reads
 * them too, in tests/gateway/certs.test.js.) */
#include "certs/authority.h"
#include "certs/extensions.h"
#include "certs/store.h"
#include "../check.h"

#include <ftw.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const time_t NOW = 1800000000;
enum { DAY_S = 24 * 60 * 60 };

static struct names names_of(const char *first, const char *second)
{
	struct names names = { 0 };
	struct name name;

	CHECK(name_read(&name, first) && names_add(&names, &name), first);
	if (second)
		CHECK(name_read(&name, second) && names_add(&names, &name), second);
	return names;
}

TEST(names_are_addresses_or_host_names_and_nothing_else)
{
	static const struct { const char *text, *is; } rows[] = {
		{ "192.168.1.7", "192.168.1.7" }, { "[FD00::0:1]", "fd00::1" }, { "::1", "::1" }, { "Box.Local", "box.local" },
		{ "a-b.c", "a-b.c" },
		{ "", NULL }, { "1.2.3", NULL }, { "1.2.3.4.5", NULL }, { "999.1.1.1", NULL }, { "fe80::1%eth0", NULL }, { "-a.b", NULL },
		{ "a-.b", NULL },
		{ "a..b", NULL }, { ".a", NULL }, { "a.", NULL }, { "a b", NULL }, { "*.a", NULL }, { "a/b", NULL },
		{ "[1.2.3.4]", NULL }, { "a\nb", NULL },
	};
	struct name name;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_EQ(name_read(&name, rows[i].text), rows[i].is != NULL, rows[i].text);
		if (rows[i].is)
			CHECK(!strcmp(name.text, rows[i].is), rows[i].text);
	}
}

TEST(private_are_the_ranges_that_no_stranger_has)
{
	static const struct { const char *text; bool is; } rows[] = {
		{ "10.255.0.1", true }, { "172.16.0.1", true }, { "172.31.255.255", true }, { "172.32.0.1", false },
		{ "192.168.0.1", true },
		{ "192.169.0.1", false }, { "100.64.0.1", true }, { "100.128.0.1", false }, { "169.254.1.1", true },
		{ "127.9.9.9", true },
		{ "8.8.8.8", false }, { "fd12::1", true }, { "fc00::1", true }, { "fe80::1", true }, { "fec0::1", false },
		{ "::1", true }, { "::2", false },
		{ "2001:db8::1", false }, { "box.local", false },
	};
	struct name name;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK(name_read(&name, rows[i].text), rows[i].text);
		CHECK_EQ(name_is_private(&name), rows[i].is, rows[i].text);
	}
}

TEST(alternative_names_are_read_as_they_were_written)
{
	struct names names = names_of("192.168.1.7", "box.local"), read;
	struct extension extension;
	struct name name;

	name_read(&name, "fd00::7");
	names_add(&names, &name);
	extension_alt_names(&extension, &names);
	CHECK(extension_read_alt_names(extension_bytes(&extension), extension.length, &read));
	CHECK_EQ(read.count, 3);
	for (size_t i = 0; i < names.count; i++)
		CHECK(names_have(&read, &names.all[i]), names.all[i].text);
	for (size_t less = 0; less < extension.length; less++)
		CHECK(!extension_read_alt_names(extension_bytes(&extension), less, &read));
}

TEST(a_leaf_is_signed_by_its_CA_and_says_what_it_is_for)
{
	struct names names = names_of("10.1.2.3", "box.local");
	static struct credentials authority, other, leaf;
	struct certificate_facts facts;

	CHECK(authority_make(&names.all[1], NOW, &authority) && authority_make(&names.all[1], NOW, &other));
	CHECK(authority_permits(authority.certificate, &names.all[1]));
	CHECK(!authority_permits(authority.certificate, &names_of("other.local", NULL).all[0]));
	CHECK(leaf_make(&authority, &names, NOW, LEAF_DAYS, &leaf));
	CHECK(certificate_read(leaf.certificate, &facts));
	CHECK_EQ(facts.names.count, 2);
	CHECK_EQ(facts.until - NOW, (time_t)LEAF_DAYS * DAY_S);
	CHECK(certificate_is_signed_by(leaf.certificate, authority.certificate));
	CHECK(!certificate_is_signed_by(leaf.certificate, other.certificate));
	CHECK(key_matches(leaf.key, leaf.certificate) && !key_matches(authority.key, leaf.certificate));
	/* Someone else's key signs nothing in our CA's name. */
	memcpy(other.certificate, authority.certificate, sizeof other.certificate);
	CHECK(!leaf_make(&other, &names, NOW, LEAF_DAYS, &leaf));
	/* No leaf outlives its CA. */
	CHECK(leaf_make(&authority, &names, NOW + (AUTHORITY_DAYS - 10) * (time_t)DAY_S, LEAF_DAYS, &leaf) &&
		certificate_read(leaf.certificate, &facts));
	CHECK_EQ(facts.until, NOW + AUTHORITY_DAYS * (time_t)DAY_S);
}

/* ---- what is kept ---- */

static char home[64];

static void home_new(void)
{
	strcpy(home, "/tmp/wvwasi-certs-XXXXXX");
	CHECK(mkdtemp(home));
	setenv("XDG_DATA_HOME", home, 1);
}

static int entry_remove(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
	return remove(path);
}

static void home_remove(void)
{
	nftw(home, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static bool leaf_for(const char *first, const char *second, time_t now, struct certificate_facts *facts, bool *made_new,
	char why[WHY_MAX])
{
	struct names names = names_of(first, second);
	static struct credentials leaf;
	struct store store;
	bool made;

	CHECK(store_open(&store), store.why);
	made = store_leaf(&store, &names, now, LEAF_DAYS, &leaf, made_new);
	if (made)
		CHECK(certificate_read(leaf.certificate, facts));
	strcpy(why, made ? "" : store.why);
	store_close(&store);
	return made;
}

TEST(a_leaf_is_kept_until_it_ages_or_the_address_changes)
{
	struct certificate_facts first, again;
	static char why[WHY_MAX];
	bool made_new;

	home_new();
	CHECK(leaf_for("10.1.2.3", NULL, NOW, &first, &made_new, why) && made_new, why);
	CHECK(leaf_for("10.1.2.3", NULL, NOW + 59 * DAY_S, &again, &made_new, why) && !made_new, why);
	CHECK(!strcmp(first.fingerprint, again.fingerprint));
	CHECK(leaf_for("10.1.2.3", NULL, NOW + 61 * DAY_S, &again, &made_new, why) && made_new, why);
	CHECK_EQ(again.until, NOW + (61 + LEAF_DAYS) * (time_t)DAY_S);
	CHECK(leaf_for("192.168.9.9", NULL, NOW + 61 * DAY_S, &again, &made_new, why) && made_new, why);
	CHECK_EQ(again.names.count, 2); /* the old address stays good */
	CHECK(!leaf_for("8.8.8.8", NULL, NOW, &again, &made_new, why) && strstr(why, "only for private addresses"), why);
	CHECK(!leaf_for("somewhere.example", NULL, NOW, &again, &made_new, why) && strstr(why, "another name"), why);
	home_remove();
}

TEST(a_forgotten_key_signs_nothing_and_an_open_one_is_not_trusted)
{
	struct certificate_facts facts;
	static char why[WHY_MAX];
	struct store store;
	struct stat stat_key;
	bool made_new;

	home_new();
	CHECK(leaf_for("10.1.2.3", NULL, NOW, &facts, &made_new, why), why);
	CHECK(store_open(&store) && stat(store_path(&store, "authority.key"), &stat_key) == 0);
	CHECK_EQ(stat_key.st_mode & 0777, 0600);
	chmod(store_path(&store, "authority.key"), 0640);
	store_close(&store);
	CHECK(!leaf_for("10.1.2.4", NULL, NOW, &facts, &made_new, why) && strstr(why, "other users may read"), why);
	CHECK(store_open(&store) && store_key_forget(&store) && !store_has_key(&store), store.why);
	store_close(&store);
	CHECK(leaf_for("10.1.2.3", NULL, NOW + 80 * DAY_S, &facts, &made_new, why) && !made_new, why);
	CHECK(!leaf_for("10.1.2.3", NULL, NOW + 91 * DAY_S, &facts, &made_new, why) && strstr(why, "key was removed"), why);
	CHECK(store_open(&store) && store_authority_new(&store, NOW), store.why);
	store_close(&store);
	CHECK(leaf_for("10.1.2.4", NULL, NOW, &facts, &made_new, why) && made_new, why);
	CHECK_EQ(facts.names.count, 1); /* nothing of the old CA's is carried on */
	home_remove();
}

static void text_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && !fclose(file), path);
}

TEST(own_files_that_do_not_fit_are_told_apart)
{
	struct names names = names_of("10.1.2.3", "box.local");
	static struct credentials authority, leaf, credentials;
	static char why[WHY_MAX];
	char cert[80], key[80], other[80];
	const struct name *name = &names.all[0];

	home_new();
	snprintf(cert, sizeof cert, "%s/c.pem", home);
	snprintf(key, sizeof key, "%s/k.pem", home);
	snprintf(other, sizeof other, "%s/o.pem", home);
	CHECK(authority_make(&names.all[1], NOW, &authority) && leaf_make(&authority, &names, NOW, LEAF_DAYS, &leaf));
	text_write(cert, leaf.certificate);
	text_write(key, leaf.key);
	text_write(other, authority.key);
	CHECK(own_certificate_read(cert, key, name, NOW, &credentials, why), why);
	CHECK(!own_certificate_read("/nowhere", key, name, NOW, &credentials, why) && strstr(why, "No such file"), why);
	CHECK(!own_certificate_read(cert, "/nowhere", name, NOW, &credentials, why) && strstr(why, "key '/nowhere'"), why);
	CHECK(!own_certificate_read(key, key, name, NOW, &credentials, why) && strstr(why, "not a certificate"), why);
	CHECK(!own_certificate_read(cert, other, name, NOW, &credentials, why) && strstr(why, "the key doesn't belong"), why);
	CHECK(!own_certificate_read(cert, key, name, NOW + 91 * DAY_S, &credentials, why) && strstr(why, "expired on 2027-04-15"), why);
	CHECK(!own_certificate_read(cert, key, name, NOW - 9 * DAY_S, &credentials, why) && strstr(why, "isn't valid before"), why);
	CHECK(!own_certificate_read(cert, key, &names_of("10.9.9.9", NULL).all[0], NOW, &credentials, why) &&
		strstr(why, "for 10.1.2.3, box.local, not for 10.9.9.9"), why);
	home_remove();
}
