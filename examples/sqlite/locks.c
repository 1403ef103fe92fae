/* A VFS "wvwasi" for SQLite: its "unix-none", with locks by fd_lock, so that other programs may use the database at the same
 * moment: other pages, and native ones. The bytes that are locked are those of SQLite's own unix VFS
 * (https://www.sqlite.org/lockingv3.html):
 *
 *   PENDING   1 byte     a writer waits: no new reader comes in
 *   RESERVED  1 byte     a writer is at work, in its own memory so far
 *   SHARED    510 bytes  readers share them; a writer has them alone while it writes the file
 *
 * Locks of fd_lock belong to the descriptor, so each connection has one of its own for them, and needs no bookkeeping for the
 * whole program as fcntl's older locks do. Rollback journals alone: a write-ahead log needs shared memory. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>
#include <wasi/api.h>

#include "../wvwasi.h"
#include "locks.h"

enum { PENDING = 0x40000000, RESERVED, SHARED, SHARED_BYTES = 510 };

/* Behind it, in the same memory, the file of "unix-none". */
struct file {
	sqlite3_file base;
	int fd;                     /* for locks; -1: of another file than a database, which has none */
	int level;                  /* SQLITE_LOCK_NONE … SQLITE_LOCK_EXCLUSIVE */
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real(sqlite3_file *file) { return (sqlite3_file *)((struct file *)file + 1); }

static int lock_bytes(const struct file *file, uint32_t kind, uint64_t start, uint64_t length)
{
	switch (wvwasi_fd_lock(file->fd, kind, 0, start, length, NULL)) {
	case __WASI_ERRNO_SUCCESS: return SQLITE_OK;
	case __WASI_ERRNO_AGAIN: return SQLITE_BUSY;
	default: return kind == WVWASI_UNLOCK ? SQLITE_IOERR_UNLOCK : SQLITE_IOERR_LOCK;
	}
}

static int lock_shared(struct file *file)
{
	int err = lock_bytes(file, WVWASI_SHARED, PENDING, 1), after;

	if (err)
		return err;
	err = lock_bytes(file, WVWASI_SHARED, SHARED, SHARED_BYTES);
	after = lock_bytes(file, WVWASI_UNLOCK, PENDING, 1);
	return err ? err : after;
}

static int lock_exclusive(struct file *file)
{
	int err = file->level < SQLITE_LOCK_PENDING ? lock_bytes(file, WVWASI_EXCLUSIVE, PENDING, 1) : SQLITE_OK;

	if (err)
		return err;
	file->level = SQLITE_LOCK_PENDING; /* stays, while the last readers go */
	return lock_bytes(file, WVWASI_EXCLUSIVE, SHARED, SHARED_BYTES);
}

static int file_lock(sqlite3_file *base, int level)
{
	struct file *file = (struct file *)base;
	int err;

	if (file->fd < 0 || level <= file->level)
		return SQLITE_OK;
	err = level == SQLITE_LOCK_SHARED ? lock_shared(file)
		: level == SQLITE_LOCK_RESERVED ? lock_bytes(file, WVWASI_EXCLUSIVE, RESERVED, 1) : lock_exclusive(file);
	if (!err)
		file->level = level;
	return err;
}

static int file_unlock(sqlite3_file *base, int level)
{
	struct file *file = (struct file *)base;
	int err = SQLITE_OK;

	if (file->fd < 0 || level >= file->level)
		return SQLITE_OK;
	if (level == SQLITE_LOCK_NONE)
		err = lock_bytes(file, WVWASI_UNLOCK, 0, 0);
	else if (file->level == SQLITE_LOCK_EXCLUSIVE) /* in one step: nobody comes between */
		err = lock_bytes(file, WVWASI_SHARED, SHARED, SHARED_BYTES);
	if (!err && level == SQLITE_LOCK_SHARED)
		err = lock_bytes(file, WVWASI_UNLOCK, PENDING, 2);
	if (!err)
		file->level = level;
	return err;
}

static int file_is_reserved(sqlite3_file *base, int *is)
{
	struct file *file = (struct file *)base;
	struct wvwasi_lock found = { .kind = WVWASI_UNLOCK };

	*is = file->fd >= 0 && file->level >= SQLITE_LOCK_RESERVED;
	if (*is || file->fd < 0)
		return SQLITE_OK;
	if (wvwasi_fd_lock(file->fd, WVWASI_SHARED, WVWASI_TEST, RESERVED, 1, &found))
		return SQLITE_IOERR_CHECKRESERVEDLOCK;
	*is = found.kind != WVWASI_UNLOCK;
	return SQLITE_OK;
}

/* ---- the rest is the real file's ---- */

static int file_close(sqlite3_file *file)
{
	int err = real(file)->pMethods->xClose(real(file));

	if (((struct file *)file)->fd >= 0)
		close(((struct file *)file)->fd); /* and its locks are gone */
	return err;
}
static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
{
	return real(file)->pMethods->xRead(real(file), bytes, length, at);
}
static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
	return real(file)->pMethods->xWrite(real(file), bytes, length, at);
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size) { return real(file)->pMethods->xTruncate(real(file), size); }
static int file_sync(sqlite3_file *file, int flags) { return real(file)->pMethods->xSync(real(file), flags); }
static int file_size(sqlite3_file *file, sqlite3_int64 *size) { return real(file)->pMethods->xFileSize(real(file), size); }
static int file_control(sqlite3_file *file, int what, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), what, argument);
}
static int sector_size(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int characteristics(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *got)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 1, /* no shared memory, so no write-ahead log; no mmap */
		.xClose = file_close, .xRead = file_read, .xWrite = file_write, .xTruncate = file_truncate, .xSync = file_sync,
		.xFileSize = file_size,
		.xLock = file_lock, .xUnlock = file_unlock, .xCheckReservedLock = file_is_reserved, .xFileControl = file_control,
		.xSectorSize = sector_size, .xDeviceCharacteristics = characteristics,
	};
	struct file *file = (struct file *)base;
	int err;

	(void)vfs;
	memset(file, 0, sizeof *file);
	file->fd = -1;
	err = real_vfs->xOpen(real_vfs, name, real(base), flags, &flags);
	if (err)
		return err;
	if (name && (flags & SQLITE_OPEN_MAIN_DB)) {
		file->fd = open(name, flags & SQLITE_OPEN_READONLY ? O_RDONLY : O_RDWR);
		if (file->fd < 0) {
			real(base)->pMethods->xClose(real(base));
			return SQLITE_CANTOPEN;
		}
	}
	base->pMethods = &methods;
	if (got)
		*got = flags;
	return SQLITE_OK;
}

int locks_vfs_register(void)
{
	static sqlite3_vfs vfs;

	real_vfs = sqlite3_vfs_find("unix-none");
	if (!real_vfs)
		return SQLITE_ERROR;
	vfs = *real_vfs;
	vfs.zName = "wvwasi";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	vfs.xOpen = vfs_open;
	return sqlite3_vfs_register(&vfs, 1);
}
