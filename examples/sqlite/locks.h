#ifndef LOCKS_H
#define LOCKS_H

/* Makes the VFS "wvwasi" (locks.c) the default one: before the first sqlite3_open(). SQLITE_OK, or an error of SQLite's. */
int locks_vfs_register(void);

#endif
