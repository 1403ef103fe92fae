/* Paired sessions that outlive the gateway, with --remember: digests of their secrets, in a file (0600) beside the root's state,
 * for 30 days. The keeper reads it before the gateway's fork and writes it when the gateway says so. Leaves to others: sessions
 * and secrets themselves. */
#ifndef SERVER_AUTH_REMEMBERED_H
#define SERVER_AUTH_REMEMBERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/base/digest.h"

struct gateway;

enum { REMEMBERED_MAX = 16, REMEMBER_DAYS = 30 };

/* As it is kept, and as it crosses the channel. */
struct remembered {
	struct digest secret, cookie;
	int64_t until_s; /* CLOCK_REALTIME */
	char address[64], browser[64];
};

struct remembered_list {
	int folder_fd;   /* lent; -1: nothing is kept */
	char name[48];   /* of the file */
	struct remembered all[REMEMBERED_MAX];
	size_t count;
};

/* ---- the keeper ---- */
/* folder_fd: the state's, lent; name: of the root's. What has expired is left out. Without --remember (keeps false) the file
 * goes. */
void remembered_open(struct remembered_list *list, int folder_fd, const char *name, bool keeps, int64_t now_s);
/* What the gateway says by SAY_REMEMBER, one more (the oldest makes room), and by SAY_FORGET, all but one: written at once. False
 * with errno. */
bool remembered_add(struct remembered_list *list, const uint8_t *bytes, size_t length);
bool remembered_remove(struct remembered_list *list, const uint8_t *bytes, size_t length);

/* ---- the gateway ---- */
/* The keeper is to keep one, is not to keep the one with that secret any more. */
void remember(struct gateway *gateway, const struct remembered *one);
void forget(struct gateway *gateway, const struct digest *secret);

#endif
