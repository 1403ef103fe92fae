/* --ask[=DIR]: what the user may grant while the gateway runs. DIR itself, or of the home folder the folders in it that aren't
 * hidden: the gateway is locked in with these reachable, since no lock can be widened later. Opens what the user names, without
 * following a link, so that what is granted is what was named. Leaves to others: asking the user (server/keeper/folders.h), the
 * lock (server/gateway.c), what programs see (server/program/granting.h). */
#ifndef SERVER_BASE_GRANTABLE_H
#define SERVER_BASE_GRANTABLE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { GRANTABLE_MAX = 512, GRANTABLE_WHY = PATH_MAX + 200 };

struct grantable {
	bool on;
	bool whole;            /* DIR itself may be granted; else the folders in it alone */
	char path[PATH_MAX];   /* DIR, real */
	char home[PATH_MAX];   /* what a tilde stands for, real */
	int fd;                /* of DIR; -1 */
	struct grantable_folder {
		int fd;            /* O_PATH; -1 after grantable_forget() */
		dev_t dev;
		ino_t ino;
	} all[GRANTABLE_MAX]; /* what the lock reaches */
	size_t count;
	size_t left_out;       /* folders of the home folder that are too many */
};

/* dir: --ask's value, "" for the home folder; NULL: no --ask. False, and *why: it can't be used. */
bool grantable_open(struct grantable *grantable, const char *dir, char why[GRANTABLE_WHY]);
/* Closes the descriptors that only a lock needs. */
void grantable_forget(struct grantable *grantable);

/* Opens a folder that the user named: absolute, with a tilde, or relative to DIR. Refused: links on the way, "..", hidden
 * folders, what the lock doesn't reach, folders of other users. Gives the descriptor, and real[PATH_MAX]: its path; or -1, and
 * why in a sentence. */
int grantable_folder_open(const struct grantable *grantable, const char *named, char real[PATH_MAX], char why[GRANTABLE_WHY]);

/* The same for a file: gives the descriptor of its folder, real[PATH_MAX] the file's path. may_make: where nothing is, an empty
 * file is made. Refused as well: links, hidden files. */
int grantable_file_open(const struct grantable *grantable, const char *named, bool may_make, char real[PATH_MAX],
                        char why[GRANTABLE_WHY]);

#endif
