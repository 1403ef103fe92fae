/* What is granted while the gateway runs, and the name by which programs see it. */
#ifndef SERVER_KEEPER_GRANTED_NAME_H
#define SERVER_KEEPER_GRANTED_NAME_H

#include "internal.h"

struct granted {
	uint32_t number;
	char *path, *name; /* the folder; as programs see it */
	bool read_only, is_file;
	uint64_t dev, ino; /* of the folder; a file's is the one that it is in */
	struct granted *next;
};

/* The folder's own name, with a number behind it where that is taken: of where the folder lies programs learn nothing. A file
 * gets a folder for itself, and its name stands behind that one's. wanted: the user's; NULL: none. False, and why. */
bool granted_name_choose(const struct keeper *keeper, const char *real, const char *wanted, bool is_file, char name[PATH_MAX],
                         char why[GRANTABLE_WHY]);

#endif
