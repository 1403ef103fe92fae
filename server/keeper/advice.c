#include "advice.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "printing.h"
#include "server/base/upstream.h"

bool advise_root(const struct config *config)
{
	struct stat root;

	if (!config->root || stat(config->root, &root) != 0 || !S_ISREG(root.st_mode))
		return true;
	keeper_complain("cannot serve '%s': it is a file, and --root takes a folder (a program is named without --root)",
	                config->root);
	return false;
}

bool advise_sudo(const struct config *config)
{
	const char *sudo_uid = getenv("SUDO_UID");

	if (!sudo_uid || config->json || config->allow_uids.count || strtoul(sudo_uid, NULL, 10) == geteuid())
		return true;
	keeper_complain("started with sudo: your browser isn't root's, so it would be refused. Run it as yourself, without sudo");
	return false;
}

void advise_index(const struct config *config)
{
	char path[PATH_MAX];

	if (!config->root || config->program || config->json || upstream_is_url(config->root) ||
	    snprintf(path, sizeof path, "%s/index.html", config->root) >= (int)sizeof path || access(path, F_OK) == 0)
		return;
	keeper_complain("the link leads to no page: there is no '%s'", path);
}

void advise_ssh(struct keeper *keeper)
{
	const char *connection = getenv("SSH_CONNECTION"), *user = getenv("USER"), *host = keeper->config->address;
	char server[64], line[400];
	int length;

	/* The client's address and port, then ours. */
	if (!connection || sscanf(connection, "%*63s %*15s %63s", server) != 1)
		return;
	if (!host)
		host = "localhost";
	length = snprintf(line, sizeof line, "  for a browser where you sit, there: ssh -L %d:%s:%d %s%s%s", keeper->port, host,
	                  keeper->port, user ? user : "", user ? "@" : "", server);
	if (length < (int)sizeof line)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, (size_t)length, 0, true);
}

void advise_browser(int error)
{
	if (error == ENOENT)
		keeper_complain("no browser was found (neither $BROWSER nor xdg-open): open the link in one");
	else
		keeper_complain("%s: cannot start a browser", strerror(error));
}
