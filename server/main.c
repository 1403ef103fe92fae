/* wvwasi-gw: WebAssembly programs in any browser, on this machine's files. Flags in, exit code out. */
#include <string.h>

#include "certs/command.h"
#include "server/base/config.h"
#include "server/keeper/keeper.h"
#include "server/keeper/subcommands.h"

int main(int argc, char **argv)
{
	struct config config;
	enum config_verdict verdict;
	int exit_code;

	if (argc > 1 && is_subcommand(argv[1]))
		return subcommand_run(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "cert"))
		return cert_run(argc - 1, argv + 1);
	verdict = config_read(&config, argc, argv);
	exit_code = verdict == CONFIG_RUN ? keeper_run(&config) : verdict == CONFIG_DONE ? 0 : 2;
	config_clear(&config);
	return exit_code;
}
