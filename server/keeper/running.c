#include "running.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "state.h"

static bool on_running(void *context, const struct state_running *running)
{
	struct running_search *search = context;
	size_t at = strlen(search->roots);
	int fd;

	if ((search->root && strcmp(search->root, running->root)) || (search->port && search->port != running->port))
		return true;
	fd = control_connect(running->folder_fd, running->name);
	if (fd < 0) /* it died without removing its state file */
		return true;
	if (search->found++)
		close(fd);
	else
		search->fd = fd;
	snprintf(search->roots + at, sizeof search->roots - at, "\n  --root %s --port %d", running->root, running->port);
	return true;
}

void running_find(struct running_search *search, const char *root, int port)
{
	*search = (struct running_search){ .root = root, .port = port, .fd = -1 };
	state_each(on_running, search);
}
