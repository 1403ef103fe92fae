/* Where start profiles are kept: ${XDG_CACHE_HOME:-~/.cache}/wvwasi-gw/starts (0700), a text file (0600) for each, the oldest of
 * them removed when there are too many. The keeper writes; the gateway reads its own before it is locked in. Leaves to others:
 * what they say (profile_text.h) and whose they are (profiles.h). */
#ifndef SERVER_PROGRAM_PROFILE_FOLDER_H
#define SERVER_PROGRAM_PROFILE_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROFILE_FILES_MAX = 128, PROFILE_FILE_MAX = 56 << 10 /* bytes */ };

/* Whose it is; hexadecimal, it is the file's name. */
struct profile_key {
	uint8_t grants[8];   /* of the gateway: what may be granted at all */
	uint8_t program[16]; /* the program, its argv[0], what its page asked to be granted */
};

struct profile_folder {
	int fd;              /* -1: none */
	char path[PATH_MAX]; /* for messages */
};

/* Makes it, if it isn't there. False with errno: nothing can be kept. */
bool profile_folder_open(struct profile_folder *folder);
void profile_folder_close(struct profile_folder *folder);
/* In place of what the file had; removes the oldest ones that are too many. False with errno. */
bool profile_folder_write(const struct profile_folder *folder, const struct profile_key *key, const void *text, size_t length);
/* Every readable one of these grants. text is lent for the call. */
typedef void profile_found(void *context, const struct profile_key *key, const char *text, size_t length);
void profile_folder_read(const struct profile_folder *folder, const uint8_t grants[static 8], profile_found *found,
                         void *context);

#endif
