#include "replaying.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "printing.h"
#include "record_file.h"
#include "server/base/config.h"

/* A flag that would grant something, or makes no sense here; NULL: there is none. */
static const char *flag_too_many(const struct config *config)
{
	return config->root ? "--root" : config->dirs.count ? "--dir" : config->net.count ? "--net" : config->tcplisten.count ? "--tcplisten" :
		config->env.count ? "--env" : config->injections.count ? "--inject" : config->record ? "--record" : NULL;
}

/* The path of the program that FILE is of. NULL: it said why there is none. */
static char *program_of(const char *file)
{
	static char path[PATH_MAX];
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *wrong = fd < 0 ? strerror(errno) : record_file_program(fd, path, sizeof path);

	if (fd >= 0)
		close(fd);
	if (wrong)
		keeper_complain("cannot replay '%s': %s", file, wrong);
	return wrong ? NULL : path;
}

bool replay_prepare(struct config *config)
{
	static char *words[2];
	const char *flag = flag_too_many(config);
	char *recorded;

	if (!config->program || config->program_count > 2) {
		keeper_complain("replay takes a recording, and the program if it isn't where it was: wvwasi-gw replay FILE [PROGRAM]");
		return false;
	}
	if (flag) {
		keeper_complain("replay takes no %s: a replayed program is granted nothing", flag);
		return false;
	}
	config->replay = config->program[0];
	recorded = program_of(config->replay);
	if (!recorded)
		return false;
	words[0] = config->program_count == 2 ? config->program[1] : recorded;
	if (!*words[0]) {
		keeper_complain("an app's page ran what '%s' is of: name the program, as in: wvwasi-gw replay FILE PROGRAM", config->replay);
		return false;
	}
	config->program = words;
	config->program_count = 1;
	config->no_dev = true;
	if (config->port == PORT_OF_ROOT)
		config->port = 0; /* beside a gateway that runs the program itself */
	return true;
}
