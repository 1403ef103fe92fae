#include "served.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "printing.h"
#include "server/base/keeper_messages.h"
#include "server/base/upstream.h"
#include "subcommands.h"
#include "wasm_file.h"

const char *served_resolve(const char *path, char real[PATH_MAX])
{
	return realpath(path, real) ? real : path;
}

const char *served_path(const struct config *config)
{
	return config->root ? config->root : config->program[0];
}

static int file_open(const char *path)
{
	int fd;

	if (!path) {
		errno = ENOENT;
		return -1;
	}
	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* NULL: there is none. */
static const char *path_of(const struct config *config, uint32_t file)
{
	if (file == PROGRAM_ITSELF)
		return config->program ? config->program[0] : NULL;
	if (file == PROGRAM_RECORDING)
		return config->replay;
	file -= PROGRAM_FURTHER;
	return file < config->programs.count ? strchr(config->programs.items[file], '=') + 1 : NULL;
}

int served_open(const struct config *config, uint32_t file)
{
	return file_open(path_of(config, file));
}

int served_connect(const struct config *config)
{
	struct upstream upstream;

	errno = ENOENT;
	return config->root && upstream_is_url(config->root) &&
	       !upstream_read(config->root, &upstream) ? upstream_connect(&upstream) : -1;
}

void served_announce(struct keeper *keeper)
{
	const struct config *config = keeper->config;
	char real[PATH_MAX];

	if (config->port == 0 && state_open(&keeper->state, served_resolve(served_path(config), real), keeper->port) != STATE_OPEN) {
		keeper_complain("%s: cannot make the state file '%s', so `wvwasi-gw link` and the like won't find this gateway",
		                strerror(errno), keeper->state.path);
		return;
	}
	advise_index(config);
	if (config->port == PORT_OF_ROOT && !keeper->state.kept_port)
		keeper->state.kept_port = keeper->port;
	else if (config->port == PORT_OF_ROOT && keeper->state.kept_port != keeper->port)
		keeper_complain("port %d is taken: this time the app is at port %d, where its browser storage is another. To move it for "
			"good, end this and remove '%s'",
		                keeper->state.kept_port, keeper->port, keeper->state.path);
	if (keeper->state.fd < 0)
		return;
	if (!control_open(&keeper->control, keeper->state.folder_fd, keeper->state.name))
		keeper_complain("%s: cannot listen on '%s' in the folder of '%s'", strerror(errno), keeper->state.name,
		                keeper->state.path);
	if (!state_write(&keeper->state, keeper->port))
		keeper_complain("%s: cannot write the state file '%s', so the next start has another port", strerror(errno),
		                keeper->state.path);
}

int served_port(struct keeper *keeper, int *exit_code)
{
	const struct config *config = keeper->config;
	char real[PATH_MAX];

	keeper->state.fd = keeper->state.folder_fd = -1;
	if (config->port == 0) /* a state file of its own */
		return 0;
	switch (state_open(&keeper->state, served_resolve(served_path(config), real), 0)) {
	case STATE_HELD:
		*exit_code = again_run(config, keeper->state.root, keeper->state.pid);
		return -1;
	case STATE_UNWRITABLE:
		keeper_complain("%s: cannot keep the port in '%s', so browser storage starts empty", strerror(errno), keeper->state.path);
		break;
	case STATE_OPEN:
		break;
	}
	return config->port == PORT_OF_ROOT ? keeper->state.kept_port : config->port;
}

static bool program_is_there(const struct config *config, uint32_t file)
{
	int fd = served_open(config, file);
	const char *wrong = fd >= 0 ? wasm_file_wrong(fd) : NULL;

	if (fd < 0)
		keeper_complain("%s: cannot read program '%s'", strerror(errno), path_of(config, file));
	else
		close(fd);
	if (wrong)
		keeper_complain("cannot run '%s': %s", path_of(config, file), wrong);
	return fd >= 0 && !wrong;
}

bool served_is_there(const struct config *config)
{
	if (config->programs.count && !config->program) {
		keeper_complain("--program '%s' goes with a first program, which is named without a flag", config->programs.items[0]);
		return false;
	}
	if (config->program && !program_is_there(config, PROGRAM_ITSELF))
		return false;
	for (uint32_t i = 0; i < config->programs.count; i++)
		if (!program_is_there(config, PROGRAM_FURTHER + i))
			return false;
	return advise_root(config) && advise_sudo(config);
}
