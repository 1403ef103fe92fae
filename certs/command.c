#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store.h"

static int fail(int exit_code, const char *what, const char *subject)
{
	fprintf(stderr, subject ? "wvwasi-gw: %s: '%s'\n" : "wvwasi-gw: %s\n", what, subject);
	return exit_code;
}

struct options {
	bool makes_new, forgets_key;
	struct names names;
};

static int options_read(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = { { "new", no_argument, NULL, 'n' }, { "forget-key", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 } };
	struct name name;
	int found;

	memset(options, 0, sizeof *options);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (found == '?')
			return fail(2, "cert has no such option (it takes --new, --forget-key and addresses)", argv[optind - 1]);
		options->makes_new |= found == 'n';
		options->forgets_key |= found == 'f';
	}
	for (; optind < argc; optind++) {
		if (!name_read(&name, argv[optind]) || !name.ip_length)
			return fail(2, "not an address", argv[optind]);
		if (options->names.count == NAMES_MAX - 1)
			return fail(2, "too many addresses at", argv[optind]);
		names_add(&options->names, &name);
	}
	return 0;
}

static void day_write(time_t time, char text[16])
{
	struct tm parts;

	gmtime_r(&time, &parts);
	strftime(text, 16, "%Y-%m-%d", &parts);
}

static int show(struct store *store, const struct credentials *leaf)
{
	struct certificate_facts authority, facts;
	char pem[PEM_MAX], names[400], day[16];

	if (!store_authority(store, pem) || !certificate_read(pem, &authority) || !certificate_read(leaf->certificate, &facts))
		return fail(1, *store->why ? store->why : "the CA has gone", NULL);
	day_write(authority.until, day);
	printf("CA           %s   (until %s)\n", store_path(store, "authority.pem"), day);
	printf("fingerprint  %s\n", authority.fingerprint);
	printf("its key      %s\n", store_has_key(store) ? store_path(store, "authority.key") :
	       "overwritten and removed: nothing new can be signed");
	day_write(facts.until, day);
	names_write(&facts.names, names, sizeof names);
	printf("certificate  for %s   (until %s%s)\n", names, day, store_has_key(store) ? ", renewed automatically" : "");
	puts("Browsers trust it once they trust the CA; how: certs/README.md, or https://…/_wvwasi/ca.crt of a running gateway.");
	return 0;
}

int cert_run(int argc, char **argv)
{
	struct certificate_facts facts;
	struct options options;
	struct store store;
	struct credentials leaf = { 0 };
	time_t now = time(NULL);
	struct name machine;
	int exit_code = options_read(&options, argc, argv);

	if (exit_code)
		return exit_code;
	name_of_machine(&machine);
	names_add(&options.names, &machine);
	if (!store_open(&store) || (options.makes_new && !store_authority_new(&store, now)) ||
	    !store_leaf(&store, &options.names, now, LEAF_DAYS, &leaf, NULL)) {
		exit_code = fail(1, store.why, NULL);
	} else if (options.forgets_key && store_has_key(&store)) {
		/* Without the key it can't be renewed, so it gets the longest time that browsers accept. */
		exit_code = certificate_read(leaf.certificate, &facts) &&
		            store_leaf_renew(&store, &facts.names, now, LEAF_DAYS_ALONE, &leaf) &&
		            store_key_forget(&store) ? 0 : fail(1, store.why, NULL);
	}
	if (!exit_code)
		exit_code = show(&store, &leaf);
	credentials_clear(&leaf);
	store_close(&store);
	return exit_code;
}
