/* server/base/flags.c: flags and the config file, one table. */
#include "../check.h"

#include <fcntl.h>
#include <unistd.h>

#include "server/base/help.h"
#include "server/base/options.h"

static char said[4096]; /* on stderr */

/* Reads the flags (NULL at the end) with stderr and stdout caught. */
static enum config_verdict read_flags(struct config *config, const char *const *argv)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), argc = 0;
	FILE *caught = tmpfile();
	enum config_verdict verdict;

	while (argv[argc])
		argc++;
	fflush(NULL);
	dup2(fileno(caught), STDOUT_FILENO);
	dup2(fileno(caught), STDERR_FILENO);
	verdict = config_read(config, argc, (char **)argv);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(caught);
	said[fread(said, 1, sizeof said - 1, caught)] = 0;
	fclose(caught);
	return verdict;
}
#define READ(config, ...) read_flags(config, (const char *[]){ "wvwasi-gw", __VA_ARGS__, NULL })

static char file_name[] = "/tmp/wvwasi-config-XXXXXX";

static const char *file_with(const char *text)
{
	static bool made;
	int fd = made ? open(file_name, O_WRONLY | O_TRUNC | O_CLOEXEC) : mkstemp(file_name);

	made = true;
	REQUIRE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return file_name;
}

static void __attribute__((destructor)) file_remove(void)
{
	unlink(file_name);
}

TEST(flags_say_what_they_name)
{
	static const char *const flags[] = { "wvwasi-gw", "--root", "app", "--port", "0", "--dir", "a::/a:ro", "--dir=b", "--env",
		"K=V", "--once", "--isolation", "off", "--tty=raw", "--", "p.wasm", "--port", "9", NULL };
	struct config config;

	REQUIRE(read_flags(&config, flags) == CONFIG_RUN, said);
	CHECK_STR(config.root, "app");
	CHECK_EQ(config.port, 0);
	CHECK_EQ(config.dirs.count, 2);
	CHECK_STR(config.dirs.items[0], "a::/a:ro");
	CHECK_STR(config.dirs.items[1], "b");
	CHECK_STR(config.env.items[0], "K=V");
	CHECK(config.once && !config.json);
	CHECK_EQ(config.isolation, ISOLATION_OFF);
	CHECK_EQ(config.tty, TTY_RAW);
	CHECK_EQ(config.program_count, 3);
	CHECK_STR(config.program[2], "9", "what follows -- is the program's");
	config_clear(&config);
}

/* A word that names a file, and what follows it; flags: those before it. */
TEST(the_first_word_that_names_a_file_is_the_program)
{
	const char *file = file_with("");
	const char *const rows[][8] = {
		{ "wvwasi-gw", file, "--port", "9", "-c", "--", "x" },
		{ "wvwasi-gw", "--", file, "--port", "9", "-c", "--", "x" },
		{ "wvwasi-gw", "--lan", file, "--port", "9", "-c", "--", "x" }, /* its value is optional: only --lan=ADDRESS has one */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct config config;
		const char *argv[9] = { 0 };

		memcpy(argv, rows[i], sizeof rows[i]);
		REQUIRE(read_flags(&config, argv) == CONFIG_RUN, said);
		CHECK_EQ(config.program_count, 6, argv[1]);
		CHECK_STR(config.program[0], file);
		CHECK_STR(config.program[1], "--port");
		CHECK_STR(config.program[4], "--", "which is the program's, too");
		CHECK(config.port == PORT_OF_ROOT && !config.counts, "options behind it are the program's");
		config_clear(&config);
	}
}

TEST(without_flags_the_defaults_stand)
{
	struct config config;

	REQUIRE(READ(&config, "--root", "app") == CONFIG_RUN);
	CHECK_EQ(config.port, PORT_OF_ROOT);
	CHECK_EQ(config.isolation, ISOLATION_REQUIRE_CORP);
	CHECK_EQ(config.sandbox, SANDBOX_AUTO);
	CHECK_EQ(config.tty, TTY_LINE);
	CHECK(!config.program && !config.address);
	config_clear(&config);
}

static const struct { const char *label, *argv[6], *says; } bad[] = {
	{ "nothing", { "wvwasi-gw" }, "nothing to serve" },
	{ "unknown", { "wvwasi-gw", "--rot", "app" }, "'--rot'" },
	{ "short", { "wvwasi-gw", "-x" }, "'-x'" },
	{ "no value", { "wvwasi-gw", "--root" }, "'--root'" },
	{ "not a port", { "wvwasi-gw", "--root=a", "--port", "http" }, "'http'" },
	{ "no port", { "wvwasi-gw", "--root=a", "--port", "" }, "--port" },
	{ "big port", { "wvwasi-gw", "--root=a", "--port", "65536" }, "'65536'" },
	{ "negative port", { "wvwasi-gw", "--root=a", "--port", "-1" }, "'-1'" },
	{ "port and more", { "wvwasi-gw", "--root=a", "--port", "80x" }, "'80x'" },
	{ "not a choice", { "wvwasi-gw", "--root=a", "--isolation", "on" }, "'on'" },
	{ "half a choice", { "wvwasi-gw", "--root=a", "--sandbox", "auto|require" }, "'auto|require'" },
	{ "stray", { "wvwasi-gw", "--root=a", "p.wasm" }, "'p.wasm': no such file" },
	{ "a folder", { "wvwasi-gw", "/tmp" }, "'/tmp': a folder" },
	{ "an option behind no program", { "wvwasi-gw", "no.wasm", "--root=a" }, "'no.wasm'" },
	{ "empty root", { "wvwasi-gw", "--root=" }, "--root" },
	{ "no file", { "wvwasi-gw", "--config", "/nonexistent/file" }, "'/nonexistent/file'" },
};

TEST(what_is_not_understood_is_said_and_named)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct config config;

		CHECK_EQ(read_flags(&config, bad[i].argv), CONFIG_BAD, bad[i].label);
		CHECK(strstr(said, bad[i].says), said);
		CHECK(!strncmp(said, "wvwasi-gw: ", 11) && strchr(said, '\n') == said + strlen(said) - 1, "one sentence");
		config_clear(&config);
	}
}

TEST(flags_stand_over_the_config_file_and_lists_are_joined)
{
	struct config config;
	const char *file =
		file_with("{\"root\": \"from-file\", \"port\": 4242, \"dir\": [\"one\", \"two\"], \"json\": true, \"tty\": \"raw\"}");

	REQUIRE(READ(&config, "--root", "from-flag", "--dir", "three", "--config", file) == CONFIG_RUN, said);
	CHECK_STR(config.root, "from-flag");
	CHECK_EQ(config.port, 4242);
	CHECK_EQ(config.dirs.count, 3);
	CHECK_STR(config.dirs.items[0], "one");
	CHECK_STR(config.dirs.items[2], "three");
	CHECK(config.json);
	CHECK_EQ(config.tty, TTY_RAW);
	config_clear(&config);
}

static const struct { const char *text, *says; } bad_files[] = {
	{ "", "not JSON" }, { "{", "not JSON" }, { "[]", "not a JSON object" }, { "3", "not a JSON object" },
	{ "{\"rot\": \"a\"}", "'rot'" }, { "{\"Root\": \"a\"}", "'Root'" }, { "{\"config\": \"a\"}", "'config'" },
	{ "{\"help\": true}", "'help'" },
	{ "{\"root\": 3}", "'root'" }, { "{\"root\": [\"a\"]}", "'root'" }, { "{\"root\": null}", "'root'" },
	{ "{\"root\": \"\"}", "root" },
	{ "{\"port\": \"80\"}", "'port'" }, { "{\"port\": 80.5}", "80.5" }, { "{\"port\": -1}", "-1" }, { "{\"port\": 1e9}", "port" },
	{ "{\"dir\": \"a\"}", "'dir'" }, { "{\"dir\": [3]}", "'dir'" }, { "{\"dir\": [\"a\", {}]}", "'dir'" },
	{ "{\"json\": 1}", "'json'" }, { "{\"json\": \"yes\"}", "'json'" }, { "{\"isolation\": \"on\"}", "'on'" },
	{ "{\"root\": \"a\", \"root\": \"b\"}", "'root'" },
};

TEST(a_config_file_that_is_not_understood_is_said_and_named)
{
	for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
		struct config config;

		CHECK_EQ(READ(&config, "--root", "a", "--config", file_with(bad_files[i].text)), CONFIG_BAD, bad_files[i].text);
		CHECK(strstr(said, bad_files[i].says) && strstr(said, file_name), said);
		config_clear(&config);
	}
}

/* What print() says. */
static const char *printed(void print(FILE *to))
{
	FILE *caught = tmpfile();

	print(caught);
	rewind(caught);
	said[fread(said, 1, sizeof said - 1, caught)] = 0;
	fclose(caught);
	return said;
}

TEST(help_fits_a_screen)
{
	unsigned lines = 0;

	printed(help_print);
	for (const char *line = said; *line; line += strcspn(line, "\n") + 1, lines++)
		CHECK(strcspn(line, "\n") <= 80, line);
	CHECK(lines > 15 && lines <= 24, said);
	CHECK(!strstr(said, "resolver"), "switches for tests aren't shown");
}

TEST(a_flag_that_shows_something_is_told_from_a_start)
{
	static const struct { const char *flag; enum shows shows; } rows[] = {
		{ "--help", SHOWS_HELP }, { "--man", SHOWS_MAN }, { "--version", SHOWS_VERSION }, { "--licenses", SHOWS_LICENSES },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct config config;

		CHECK_EQ(READ(&config, "--root", "app", rows[i].flag), CONFIG_SHOWS, rows[i].flag);
		CHECK_EQ(config.shows, rows[i].shows, rows[i].flag);
		CHECK_STR(said, "", "whoever called prints it");
		config_clear(&config);
	}
}

/* A value that the row takes: NULL for a switch. */
static const char *sample(const struct option_row *row)
{
	static char choice[64];

	if (row->kind->sample || !row->argument)
		return row->kind->sample;
	snprintf(choice, sizeof choice, "%.*s", (int)strcspn(row->argument, "|"), row->argument);
	return choice;
}

/* The leak sanitizer at this program's end, and the address sanitizer here, are the judges. */
TEST(every_option_can_be_set_twice_and_cleared)
{
	struct config config, plain;
	size_t set = 0;

	config_default(&config);
	config_default(&plain);
	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++) {
		if (!row->size)
			continue;
		for (int twice = 0; twice < 2; twice++) {
			const char *error = option_set(&config, row, sample(row));

			CHECK(!error, row->name);
		}
		set++;
	}
	CHECK(set > 30);
	config_clear(&config);
	CHECK(!memcmp(&config, &plain, sizeof config), "cleared is as it was at first");
}

TEST(every_option_that_is_given_makes_another_gateway_unless_it_says_how_this_start_speaks)
{
	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++) {
		char *plain, *given, text[800];
		const char *value = sample(row);
		struct config config;
		bool differs;

		if (!row->size || row->at == offsetof(struct config, port))
			continue;
		config_default(&config);
		plain = config_describe(&config);
		if (!row->kind->sample && row->argument) /* the last choice, for the first is the default */
			value = strrchr(row->argument, '|') + 1;
		REQUIRE(!option_set(&config, row, value), row->name);
		given = config_describe(&config);
		differs = config_differs(plain, given, 0, text, sizeof text);
		CHECK_EQ(differs, !(row->notes & MANNER), row->name);
		if (differs)
			CHECK(strstr(text, row->name), text);
		free(plain);
		free(given);
		config_clear(&config);
	}
}

TEST(a_flag_that_requires_another_is_refused_without_it)
{
	struct config config;

	CHECK_EQ(READ(&config, "--root", "a", "--remember"), CONFIG_BAD);
	CHECK_STR(said, "wvwasi-gw: --remember requires --lan or --ask\n");
	config_clear(&config);
	CHECK_EQ(READ(&config, "--root", "a", "--key", "k"), CONFIG_BAD);
	CHECK_STR(said, "wvwasi-gw: --lan-port, --certificate and --key require --lan\n");
	config_clear(&config);
	CHECK_EQ(READ(&config, "--root", "a", "--inspect"), CONFIG_BAD);
	CHECK_STR(said, "wvwasi-gw: --ephemeral, --inspect and --automation require --webview\n");
	config_clear(&config);
	CHECK_EQ(READ(&config, "--root", "a", "--remember", "--lan"), CONFIG_RUN, said);
	config_clear(&config);
	CHECK_EQ(READ(&config, "--root", "a", "--remember", "--ask"), CONFIG_RUN, said);
	CHECK_STR(config.ask, "");
	config_clear(&config);
}
