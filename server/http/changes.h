/* Notices changes of served files (--reload) by inotify: of requested files, and of requested names that didn't exist. On the
 * loop's thread. Leaves to others: who is told (doors/reload.h), what is served (files.h). */
#ifndef SERVER_HTTP_CHANGES_H
#define SERVER_HTTP_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;

enum { CHANGES_FILES_MAX = 4096 };

/* on_change: called some time after the last of several changes. False: the kernel gives no inotify instance; nothing is noted
 * then. */
bool changes_start(struct gateway *gateway, void on_change(void));
void changes_stop(void);

/* A number that each change alters; 0: not started. It starts at another number each time. */
uint64_t changes_stamp(void);

/* A file was asked for by this name in this folder (a descriptor, lent); file: its descriptor, lent; -1: it isn't there. Past
 * CHANGES_FILES_MAX no more are noted. */
void changes_note(int folder, const char *name, int file);

#endif
