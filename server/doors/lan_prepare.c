#include "lan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "certs/store.h"
#include "server/base/config.h"

static char why[WHY_MAX];

static bool complain(void)
{
	fprintf(stderr, "wvwasi-gw: %s\n", why);
	return false;
}

/* ---- which address ---- */

/* The address that packets to other networks would leave from; none is sent. */
static bool route_address(struct name *name)
{
	struct sockaddr_in far = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr = { htonl(0xc0000201) /* 192.0.2.1, reserved for documentation */ } }, here;
	socklen_t length = sizeof here;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[INET_ADDRSTRLEN];
	bool found = fd >= 0 && connect(fd, (struct sockaddr *)&far, sizeof far) == 0 &&
	             getsockname(fd, (struct sockaddr *)&here, &length) == 0;

	if (fd >= 0)
		close(fd);
	return found && inet_ntop(AF_INET, &here.sin_addr, text, sizeof text) && name_read(name, text);
}

/* All private IPv4 addresses of this machine but loopback. */
static void own_addresses(struct names *names)
{
	struct ifaddrs *all = NULL;

	names->count = 0;
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		char text[INET_ADDRSTRLEN];
		struct name name;

		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || !(one->ifa_flags & IFF_UP) || one->ifa_flags & IFF_LOOPBACK)
			continue;
		if (inet_ntop(AF_INET, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, text, sizeof text) && name_read(&name, text) &&
		    name_is_private(&name))
			names_add(names, &name);
	}
	freeifaddrs(all);
}

static bool address_choose(struct name *address, const struct config *config)
{
	struct names own;
	char text[400];

	if (*config->lan) {
		if (name_read(address, config->lan) && address->ip_length)
			return true;
		snprintf(why, sizeof why, "--lan '%s' isn't an IPv4 address", config->lan);
		return complain();
	}
	own_addresses(&own);
	if (route_address(address) && names_have(&own, address))
		return true;
	if (own.count == 1) {
		*address = own.all[0];
		return true;
	}
	names_write(&own, text, sizeof text);
	if (own.count)
		snprintf(why, sizeof why, "which of this machine's addresses: --lan=ADDRESS (%s)?", text);
	else
		snprintf(why, sizeof why, "this machine has no private address that others could reach: --lan");
	return complain();
}

/* ---- which certificate ---- */

static bool authority_take(struct lan_setup *setup, struct store *store)
{
	struct certificate_facts facts;
	char pem[PEM_MAX];

	if (!store_authority(store, pem) || !certificate_read(pem, &facts))
		return false;
	setup->authority_length = certificate_der(pem, setup->authority, sizeof setup->authority);
	memcpy(setup->fingerprint, facts.fingerprint, sizeof setup->fingerprint);
	return setup->authority_length > 0;
}

/* False: `why` says it. */
static bool certificate_get(struct lan_setup *setup, const struct config *config, bool *made_new)
{
	struct certificate_facts facts;
	struct names names = { 0 };
	struct name machine;
	struct store store;
	bool done;

	*made_new = false;
	if (config->certificate) {
		done = own_certificate_read(config->certificate, config->key, &setup->address, time(NULL), &setup->credentials, why) &&
		       certificate_read(setup->credentials.certificate, &facts);
		if (done)
			memcpy(setup->fingerprint, facts.fingerprint, sizeof setup->fingerprint);
		return done;
	}
	names_add(&names, &setup->address);
	name_of_machine(&machine);
	names_add(&names, &machine);
	done = store_open(&store) && store_leaf(&store, &names, time(NULL), LEAF_DAYS, &setup->credentials, made_new) &&
	       authority_take(setup, &store);
	if (!done)
		snprintf(why, sizeof why, "%s", store.why);
	store_close(&store);
	return done;
}

bool lan_prepare(struct lan_setup *setup, const struct config *config)
{
	bool made_new;

	memset(setup, 0, sizeof *setup);
	if (!config->lan)
		return true;
	setup->wanted = true;
	return address_choose(&setup->address, config) && (certificate_get(setup, config, &made_new) || complain());
}

bool lan_renew(struct lan_setup *setup, const struct config *config)
{
	static char told[WHY_MAX];
	bool made_new;

	if (certificate_get(setup, config, &made_new)) {
		*told = 0;
		return made_new || config->certificate;
	}
	if (strcmp(told, why)) /* warns once, not every few hours */
		complain();
	memcpy(told, why, sizeof told);
	credentials_clear(&setup->credentials);
	return false;
}

bool lan_address_is_here(const struct lan_setup *setup)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_here;

	memcpy(&address.sin_addr, setup->address.ip, sizeof address.sin_addr);
	is_here = fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno != EADDRNOTAVAIL;
	if (fd >= 0)
		close(fd);
	return is_here;
}

static void origin_add(struct lan *lan, const struct name *name)
{
	if (lan->origins_count == NAMES_MAX)
		return;
	for (int which = 0; which < LAN_DOORS; which++) {
		struct origin *origin = &lan->origins[which][lan->origins_count];
		char port[8] = "";

		if (lan->ports[which] != 443) /* browsers leave it out */
			snprintf(port, sizeof port, ":%d", lan->ports[which]);
		snprintf(origin->host, sizeof origin->host, name->ip_length == 16 ? "[%s]%s" : "%s%s", name->text, port);
		snprintf(origin->origin, sizeof origin->origin, name->ip_length == 16 ? "https://[%s]%s" : "https://%s%s", name->text,
			port);
	}
	lan->origins_count++;
}

void lan_origins_name(struct lan *lan, const struct lan_setup *setup)
{
	struct certificate_facts facts;

	lan->origins_count = 0;
	origin_add(lan, &setup->address);
	if (certificate_read(setup->credentials.certificate, &facts))
		for (size_t i = 0; i < facts.names.count; i++)
			if (!facts.names.all[i].ip_length)
				origin_add(lan, &facts.names.all[i]);
}
