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
/* folder_fd: the state's, lent; name: of the root's. What has expired is left out. Without --remember (keeps false) the file is
 * removed. */
void remembered_open(struct remembered_list *list, int folder_fd, const char *name, bool keeps, int64_t now_s);
/* For SAY_REMEMBER: adds one (the oldest makes room). For SAY_FORGET: removes one. Written at once. False with errno. */
bool remembered_add(struct remembered_list *list, const uint8_t *bytes, size_t length);
bool remembered_remove(struct remembered_list *list, const uint8_t *bytes, size_t length);

/* ---- the gateway ---- */
/* Tells the keeper to keep one, or to forget the one with that secret. */
void remember(struct gateway *gateway, const struct remembered *one);
void forget(struct gateway *gateway, const struct digest *secret);

#endif
