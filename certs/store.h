/* Where this user's CA and the gateway's certificate are kept, and when they are made anew:
 * ${XDG_DATA_HOME:-~/.local/share}/wvwasi-gw/certs/ (0700), with authority.pem, authority.key (0600) and gateway.pem (0600:
 * certificate and key in one, so that they never differ). Leaves to others: what is in them (authority.h), who serves with them
 * (server/tls/). */
#ifndef CERTS_STORE_H
#define CERTS_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "authority.h"

enum { RENEW_DAYS = 30, WHY_MAX = PATH_MAX + 300 };

struct store {
	char folder[PATH_MAX - 32];
	int lock_fd;
	char why[WHY_MAX]; /* after a false: a sentence, cause first */
};

/* Makes the folder and locks it against other processes that make certificates. */
bool store_open(struct store *store);
void store_close(struct store *store);
/* "…/authority.pem", in a static buffer. */
const char *store_path(const struct store *store, const char *file);

/* The CA's certificate (not its key). False without a why: there's none yet. */
bool store_authority(struct store *store, char pem[PEM_MAX]);
bool store_has_key(const struct store *store);
/* Makes a new CA in place of an old one, whose certificates become useless. */
bool store_authority_new(struct store *store, time_t now);
/* Overwrites and removes the CA's key: nothing new can be signed by it. */
bool store_key_forget(struct store *store);

/* Gives a certificate for all names that is valid for 30 more days: the existing one, or a new one, with a new CA if there's
 * none. days: LEAF_DAYS. made_new (or NULL): whether it was made now. */
bool store_leaf(struct store *store, const struct names *names, time_t now, int days, struct credentials *leaf, bool *made_new);

/* Makes a new one for these names in any case. */
bool store_leaf_renew(struct store *store, const struct names *names, time_t now, int days, struct credentials *leaf);

/* Reads the user's own files; checks that they belong together, the dates, and that the certificate has the name browsers ask
 * for. */
bool own_certificate_read(const char *certificate, const char *key, const struct name *name, time_t now,
                          struct credentials *credentials, char why[WHY_MAX]);

#endif
