/* The files of recordings, which the keeper opens: the new one of --record, and the one that `wvwasi-gw replay` is given. Leaves to
 * others: writing (program/recording.h), and reading more than which program it is of (static/shim/recording/reader.js). */
#ifndef SERVER_KEEPER_RECORD_FILE_H
#define SERVER_KEEPER_RECORD_FILE_H

#include <stddef.h>

/* Makes it, for this user alone (0600). -1: it said why. */
int record_file_make(const char *path);

/* Which program the first run of a recording is of: its path, "" where an app's page ran it. NULL, or what is wrong in words. */
const char *record_file_program(int fd, char *path, size_t size);

#endif
