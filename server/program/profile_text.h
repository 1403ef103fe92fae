/* The text of a start profile: what a program's last start asked for, in order, as hints for its next one. Lines:   d HANDLE
 * BYTES PATH   a folder that was looked in: of preopen HANDLE, its listing took BYTES; PATH is "." for the preopen itself   l
 * HANDLE BYTES PATH   the same, and it was opened to be listed   @ N                   on with the files of the N-th of those
 * folders, from 0 on   f BYTES NAME          a regular file of that folder (at first: of the last one) that was opened Bytes of
 * names that aren't visible ASCII, and '%', are written %XX. A page makes it and a page reads it; whoever keeps it checks it
 * first, since both come from outside. static/shim/cache/prefetch/hints.js is the twin of this. Leaves to others: where it is
 * kept (profiles.h). */
#ifndef SERVER_PROGRAM_PROFILE_TEXT_H
#define SERVER_PROGRAM_PROFILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { PROFILE_LINES_MAX = 4096 };

/* Nothing but such lines, whose paths are plain: relative, no empty part, neither "." nor ".." as a part, no NUL. */
bool profile_text_is_well(const char *text, size_t length);
/* Without the comments ('#') that it begins with. Lent by text. */
const char *profile_text_body(const char *text, size_t *length);
/* Appends words as one line's part: other than visible ASCII and spaces as %XX, cut to fit. Gives the end; size counts the
 * NUL. */
char *profile_text_put(char *at, const char *end, const char *words);

#endif
