/* Paths of the user's folders for our files, as the XDG Base Directory specification wants them. Leaves to others: the files. */
#ifndef SERVER_BASE_HOME_H
#define SERVER_BASE_HOME_H

#include <stdbool.h>
#include <stddef.h>

/* The path of `below` in $variable, or else in `otherwise` of the home folder; room bytes, NUL included. False: it is longer,
 * with errno. */
bool home_path(char *path, size_t room, const char *variable, const char *otherwise, const char *below);
/* Makes each missing folder of an absolute path: 0700. Leaves the path's text as it was. False with errno. */
bool folders_make(char *path);

#endif
