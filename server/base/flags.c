/* config_read(): flags override the config file, which overrides the defaults; and which flags contradict each other. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "options.h"
#include "upstream.h"

enum pass { FILES, FLAGS };

static void getopt_rows(struct option *longs, char *letters)
{
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];

		longs[i] = (struct option){ .name = row->name, .has_arg = row->kind->value_is_optional ? optional_argument
		                          : row->argument ? required_argument : no_argument };
		if (option_letter(row))
			*letters++ = option_letter(row);
	}
	*letters = 0;
}

static const struct option_row *row_of_letter(int letter)
{
	const struct option_row *row = option_rows;

	while (option_letter(row) != letter)
		row++;
	return row;
}

/* Says why the first word that is neither an option nor an option's value isn't a program. NULL: it names a file, so it is the
 * program, and the words after it are its arguments. After -- any word is the program. */
static const char *program_wrong(const char *word)
{
	struct stat stat_of;

	if (stat(word, &stat_of) != 0)
		return option_wrong("unexpected argument '%s': no such file (a program is named by its file, its arguments follow it)",
		                    word);
	if (S_ISDIR(stat_of.st_mode))
		return option_wrong("unexpected argument '%s': a folder (--root serves one, --dir lets programs use one)", word);
	return NULL;
}

/* The config file first, so that flags stand over it wherever they are. */
static const char *flags_read(struct config *config, int argc, char **argv, enum pass pass)
{
	struct option longs[OPTION_ROWS + 1] = { 0 };
	char letters[8] = "+:";
	int found, index;

	getopt_rows(longs, letters + 2);
	optind = 0;
	opterr = 0;
	while (index = -1, (found = getopt_long(argc, argv, letters, longs, &index)) != -1) {
		const struct option_row *row;
		const char *error = NULL;

		if (found == '?')
			return index < 0 && optopt ? option_wrong("unknown option '-%c'", optopt) :
			       option_wrong("unknown option '%s'", argv[optind - 1]);
		if (found == ':')
			return option_wrong("needs a value: '%s'", argv[optind - 1]);
		row = found ? row_of_letter(found) : &option_rows[index];
		if (row->kind == &option_kind_CONFIG_FILE)
			error = pass == FILES ? config_read_file(config, optarg) : NULL;
		else if (pass == FLAGS && row->shows) {
			config->shows = row->shows;
			return NULL;
		} else if (pass == FLAGS)
			error = option_set(config, row, optarg);
		if (error)
			return error;
	}
	return optind < argc && (optind == 1 || strcmp(argv[optind - 1], "--")) ? program_wrong(argv[optind]) : NULL;
}

/* ---- flags that go together ---- */

/* Names all flags that require the one that isn't given. */
static const char *requires(const struct config *config, unsigned note, const char *wanted)
{
	char names[200] = "", last[40] = "";
	bool any_given = false;
	size_t at = 0;

	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++) {
		if (!(row->notes & note))
			continue;
		any_given |= option_is_given(config, row);
		if (*last)
			at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "", last);
		snprintf(last, sizeof last, "--%s", row->name);
	}
	return any_given ? option_wrong("%s and %s require %s", names, last, wanted) : NULL;
}

static const char *contradiction(const struct config *config)
{
	const char *error = NULL;

	if (!config->root && !config->program)
		return "nothing to serve: give --root DIR, or a program (see --help)";
	if (config->reload && !config->root)
		return "--reload requires --root";
	if (config->root && upstream_is_url(config->root)) {
		struct upstream upstream;

		if ((error = upstream_read(config->root, &upstream)))
			return error;
		if (config->reload || config->spa)
			return "--reload and --spa need a folder as --root: with http://… that server does such things";
	}
	if (!config->webview && (error = requires(config, WITH_WEBVIEW, "--webview")))
		return error;
	if (!config->lan && (error = requires(config, WITH_LAN, "--lan")))
		return error;
	if (config->remember && !config->lan && !config->ask)
		return "--remember requires --lan or --ask";
	if (config->remember && config->port == 0)
		return "--remember requires a port that is kept: not --port 0";
	if (!config->certificate != !config->key)
		return "--certificate and --key go together";
	return NULL;
}

enum config_verdict config_read(struct config *config, int argc, char **argv)
{
	const char *error;

	config_default(config);
	error = flags_read(config, argc, argv, FILES);
	if (!error)
		error = flags_read(config, argc, argv, FLAGS);
	if (!error && config->shows)
		return CONFIG_SHOWS;
	if (!error && optind < argc) {
		config->program = argv + optind;
		config->program_count = (size_t)(argc - optind);
	}
	if (!error)
		error = contradiction(config);
	if (!error)
		return CONFIG_RUN;
	fprintf(stderr, "wvwasi-gw: %s\n", error);
	return CONFIG_BAD;
}
