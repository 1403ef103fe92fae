/* wvwasi-gw: WebAssembly programs in any browser, on this machine's files. Flags in, exit code out. */
#include <stdio.h>
#include <string.h>

#include "certs/command.h"
#include "server/base/config.h"
#include "server/base/help.h"
#include "server/gateway.h"
#include "server/keeper/keeper.h"
#include "server/keeper/replaying.h"
#include "server/keeper/subcommands.h"
#include "server/licenses.h"

static int show(enum shows what)
{
	switch (what) {
	case SHOWS_HELP:
		help_print(stdout);
		break;
	case SHOWS_MAN:
		help_print_man(stdout);
		break;
	case SHOWS_VERSION:
		puts("wvwasi-gw " WVWASI_VERSION);
		break;
	case SHOWS_LICENSES:
		licenses_print(stdout);
		break;
	case SHOWS_NOTHING:
		break;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct config config;
	enum config_verdict verdict;
	bool replays = argc > 1 && !strcmp(argv[1], "replay");
	int exit_code;

	if (argc > 1 && is_subcommand(argv[1]))
		return subcommand_run(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "cert"))
		return cert_run(argc - 1, argv + 1);
	verdict = config_read(&config, argc - replays, argv + replays);
	if (verdict == CONFIG_RUN && replays && !replay_prepare(&config))
		verdict = CONFIG_BAD;
	exit_code = verdict == CONFIG_RUN ? keeper_run(&config, gateway_run) : verdict == CONFIG_SHOWS ? show(config.shows) : 2;
	config_clear(&config);
	return exit_code;
}
