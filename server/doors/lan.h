/* The listeners for other machines, --lan: one address, TLS alone; one port for the app and one for debuggers, so that these are
 * another origin. lan_prepare.c is the keeper's part (address, certificate and key), lan.c the gateway's. No client there counts
 * as the user: files too need a session, and sessions come by pairing (auth/pairing.h).
 * Leaves to others: a connection's TLS (tls/conn.h), what is asked and answered (http/). */
#ifndef SERVER_DOORS_LAN_H
#define SERVER_DOORS_LAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs/authority.h"
#include "client.h"
#include "server/auth/remembered.h"
#include "server/base/origin.h"

struct config;
struct tls_conn;
struct gateway;

enum { AUTHORITY_DER_MAX = 2048 };

/* Made by the keeper, which may open files, before it forks the gateway. */
struct lan_setup {
	bool wanted;
	struct name address;
	struct credentials credentials;             /* certificate and key; cleared once they are in use */
	struct remembered_list remembered;     /* machines that were paired at an earlier start */
	unsigned char authority[AUTHORITY_DER_MAX];
	size_t authority_length;             /* 0: the certificate is the user's own */
	char fingerprint[FINGERPRINT_TEXT + 1]; /* of the CA, else of the certificate */
};

/* Chooses the address and reads or makes the certificate. False: it has said why on stderr. */
bool lan_prepare(struct lan_setup *setup, const struct config *config);
/* Later, in the keeper: reads a newer certificate, or makes one that is due. True: `credentials` has it. */
bool lan_renew(struct lan_setup *setup, const struct config *config);

/* Is the address still one of this machine's? It may have left the network since it was chosen. In the keeper. */
bool lan_address_is_here(const struct lan_setup *setup);

enum lan_door { LAN_APP, LAN_DEBUGGER, LAN_DOORS };

struct lan {
	struct origin origins[LAN_DOORS][NAMES_MAX]; /* the address first */
	size_t origins_count;                 /* the same for app and debuggers */
	int ports[LAN_DOORS];
	/* the user has asked for a debugger on another machine; until then its port closes every connection */
	bool debugger_open;
	unsigned char authority[AUTHORITY_DER_MAX];
	size_t authority_length;
	char fingerprint[FINGERPRINT_TEXT + 1];
};

/* In the gateway. Binds before the lock-in, at the loopback port's number if it is free there, for debuggers at the next;
 * gateway->lan is set. Takes the secrets out of setup. False: it has said why on stderr. */
bool lan_bind(struct gateway *gateway, struct lan_setup *setup);
void lan_start(struct gateway *gateway, client_accept *accept);
void lan_stop(struct gateway *gateway);
/* Cuts the connections that are still open; before the loop ends. */
void lan_cut(struct gateway *gateway);
/* A new certificate, as lan_renew() sent it: certificate and key with a NUL behind each. */
void lan_renewed(struct gateway *gateway, const char *bytes, size_t length);
/* Checks deadlines; called every second. */
void lan_sweep(struct gateway *gateway, uint64_t now_ms);
/* Its origins: the address, and the host names that the certificate has, not its other addresses, which belong to other
 * networks. */
void lan_origins_name(struct lan *lan, const struct lan_setup *setup);

#endif
