#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "bind.h"
#include "server/base/config.h"
#include "server/base/gateway.h"

enum { PORT_FIRST = 20000, PORT_LAST = 32767, DRAWS = 100, BACKLOG = 512 };

/* The address alone, or 127.0.0.1 and ::1. False: not a loopback address. */
static bool addresses_of(const char *words, struct sockaddr_storage addresses[LOOPBACK_FAMILIES], int *count)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&addresses[0];
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&addresses[words && strchr(words, ':') ? 0 : 1];
	char bare[64];

	memset(addresses, 0, LOOPBACK_FAMILIES * sizeof *addresses);
	v6->sin6_family = AF_INET6;
	v6->sin6_addr = in6addr_loopback;
	*count = 1;
	if (words && strchr(words, ':')) {
		struct in6_addr address;

		snprintf(bare, sizeof bare, "%s", words + (*words == '['));
		bare[strcspn(bare, "]")] = 0;
		return inet_pton(AF_INET6, bare, &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
	}
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!words || !strcmp(words, "localhost")) {
		*count = LOOPBACK_FAMILIES;
		return true;
	}
	return inet_pton(AF_INET, words, &v4->sin_addr) == 1 && ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

/* Binds both families or neither: a process that owned the other one would also be `localhost`. A missing family is fine.
 * 0, or errno. */
static int bind_all(int fds[LOOPBACK_SOCKETS], struct sockaddr_storage addresses[LOOPBACK_FAMILIES], int count, int *port)
{
	for (int i = 0; i < count; i++) {
		int error;

		fds[i] = bind_socket(&addresses[i], *port, BACKLOG);
		if (fds[i] >= 0) {
			if (!*port)
				*port = bind_port_of(fds[i]);
			continue;
		}
		error = errno;
		if (i > 0 && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL))
			continue;
		for (int made = 0; made < i; made++) {
			if (fds[made] >= 0)
				close(fds[made]);
			fds[made] = -1;
		}
		return error;
	}
	return 0;
}

static int port_draw(void)
{
	uint32_t number;

	if (getrandom(&number, sizeof number, 0) != sizeof number)
		return PORT_FIRST;
	return PORT_FIRST + (int)(number % (PORT_LAST - PORT_FIRST + 1));
}

static int bind_some_port(int fds[LOOPBACK_SOCKETS], struct sockaddr_storage addresses[LOOPBACK_FAMILIES], int count, int wanted,
                          int kept, int *port)
{
	int error = EADDRINUSE;

	*port = wanted == PORT_OF_ROOT ? kept : wanted;
	if (*port) {
		error = bind_all(fds, addresses, count, port);
		if (error != EADDRINUSE || wanted != PORT_OF_ROOT)
			return error; /* another for this time, which the keeper says */
	}
	for (int draws = 0; draws < DRAWS && error == EADDRINUSE; draws++) {
		*port = wanted == PORT_OF_ROOT ? port_draw() : 0;
		error = bind_all(fds, addresses, count, port);
	}
	return error;
}

static void name_origin(struct gateway *gateway, const struct sockaddr_storage *address, bool is_localhost)
{
	char name[64] = "localhost";

	if (!is_localhost && address->ss_family == AF_INET6)
		strcpy(name, "[::1]");
	else if (!is_localhost)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, name, sizeof name);
	if (gateway->port == 80) /* browsers leave it out */
		snprintf(gateway->host, sizeof gateway->host, "%s", name);
	else
		snprintf(gateway->host, sizeof gateway->host, "%s:%d", name, gateway->port);
	snprintf(gateway->origin, sizeof gateway->origin, "http://%s", gateway->host);
}

/* The debugger's page is another site than the app: another loopback address, on the same port where that is free. Without a
 * second address (some containers have only 127.0.0.1) debugging is off and everything else works. */
static void debugger_bind(struct gateway *gateway, int fds[LOOPBACK_SOCKETS], const struct sockaddr_storage *app)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	uint32_t first = INADDR_LOOPBACK + 1; /* 127.0.0.2 */
	int port = gateway->port;

	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(first);
	if (app->ss_family == AF_INET && ((const struct sockaddr_in *)app)->sin_addr.s_addr == htonl(first))
		v4->sin_addr.s_addr = htonl(first + 1);
	fds[LOOPBACK_DEBUGGER] = bind_socket(&address, port, BACKLOG);
	if (fds[LOOPBACK_DEBUGGER] < 0 && errno == EADDRINUSE) {
		port = 0;
		fds[LOOPBACK_DEBUGGER] = bind_socket(&address, 0, BACKLOG);
	}
	if (fds[LOOPBACK_DEBUGGER] < 0)
		return;
	inet_ntop(AF_INET, &v4->sin_addr, gateway->debugger_host, sizeof gateway->debugger_host);
	if (!port)
		port = bind_port_of(fds[LOOPBACK_DEBUGGER]);
	if (port != 80)
		snprintf(gateway->debugger_host + strlen(gateway->debugger_host), 8, ":%d", port);
	snprintf(gateway->debugger_origin, sizeof gateway->debugger_origin, "http://%s", gateway->debugger_host);
}

enum bound loopback_bind(struct gateway *gateway, int kept_port, int fds[LOOPBACK_SOCKETS])
{
	const struct config *config = gateway->config;
	struct sockaddr_storage addresses[LOOPBACK_FAMILIES];
	int count, error;

	for (int i = 0; i < LOOPBACK_SOCKETS; i++)
		fds[i] = -1;
	if (!addresses_of(config->address, addresses, &count)) {
		fprintf(stderr, "wvwasi-gw: --address '%s' isn't a loopback address (127.x.y.z or ::1)\n", config->address);
		return BOUND_NONSENSE;
	}
	error = bind_some_port(fds, addresses, count, config->port, kept_port, &gateway->port);
	if (error) {
		fprintf(stderr, "wvwasi-gw: %s: cannot listen on port '%d' of '%s'\n", strerror(error), gateway->port,
		        config->address ? config->address : "localhost");
		return BOUND_NOT;
	}
	name_origin(gateway, &addresses[0], count == LOOPBACK_FAMILIES);
	debugger_bind(gateway, fds, &addresses[0]);
	return BOUND;
}
