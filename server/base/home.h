/* Paths of the user's folders for our files, as the XDG Base Directory specification wants them. Leaves to others: the files. */
#ifndef SERVER_BASE_HOME_H
#define SERVER_BASE_HOME_H

#include <stdbool.h>
#include <stddef.h>

/* The path of `below` in $variable, or else in `otherwise` of the home folder; room bytes, NUL included. False: it is longer,
 * with errno. */
bool home_path(char *path, size_t room, const char *variable, const char *otherwise, const char *below);
/* Makes each part of an absolute path that isn't there: 0700. The path is as it was afterwards. False with errno. */
bool folders_make(char *path);

#endif
