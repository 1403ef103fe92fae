/* What only Linux answers, or answers better: openat2, cached lookups and reads, getdents64, kinds of file systems, quotas. */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "wasi.h"

enum { RETRIES_OF_A_RACE = 4 };

static _Atomic int chosen = WASI_RESOLVER_AUTO;
static _Atomic int has_openat2 = -1, has_cached = 1;

void wasi_resolver_set(enum wasi_resolver resolver) { chosen = resolver; }

static long openat2(int dir, const char *path, const struct open_how *how)
{
	return syscall(SYS_openat2, dir, path, how, sizeof *how);
}

/* A size of 0 is refused with EINVAL before anything else happens, where the call exists and isn't filtered. */
static bool kernel_has_openat2(void)
{
	if (has_openat2 < 0)
		has_openat2 = syscall(SYS_openat2, -1, "", NULL, (size_t)0) < 0 && errno == EINVAL;
	return has_openat2;
}

static struct open_how how_to(int flags, uint64_t resolve)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve };

	if (!(flags & O_PATH))
		how.flags |= O_NONBLOCK | O_NOCTTY;
	if (flags & O_CREAT)
		how.mode = 0666;
	return how;
}

/* NOSYS: the kernel has none. */
static wasi_errno_t host_openat2(int root, const char *path, int flags, int *fd)
{
	struct open_how how = how_to(flags, 0);

	if (!kernel_has_openat2())
		return WASI_ENOSYS;
	for (int races = 0;;) {
		*fd = (int)openat2(root, path, &how);
		if (*fd >= 0)
			return WASI_OK;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN && ++races < RETRIES_OF_A_RACE)
			continue; /* something was renamed while ".." was resolved */
		return errno == EXDEV ? WASI_EPERM : host_error(errno);
	}
}

wasi_errno_t host_open_beneath(int root, const char *path, int flags, int *fd)
{
	wasi_errno_t err = WASI_ENOSYS;

	if (chosen != WASI_RESOLVER_WALK)
		err = host_openat2(root, path, flags, fd);
	if (err == WASI_EAGAIN || (err == WASI_ENOSYS && chosen != WASI_RESOLVER_OPENAT2))
		err = host_walk(root, path, flags, fd);
	return err;
}

wasi_errno_t host_open_cached(int root, const char *path, int flags, int *fd)
{
	struct open_how how = how_to(flags, RESOLVE_CACHED | RESOLVE_NO_XDEV);

	if (chosen == WASI_RESOLVER_WALK || !has_cached || !kernel_has_openat2())
		return WASI_EAGAIN;
	*fd = (int)openat2(root, path, &how);
	if (*fd >= 0)
		return WASI_OK;
	switch (errno) {
	case EXDEV: /* an escape or a mount point: the call is run again on a thread */
	case EINTR:
		return WASI_EAGAIN;
	case EINVAL: /* a kernel before 5.12, or the path's own fault */
		how.flags = O_PATH | O_CLOEXEC;
		*fd = (int)openat2(root, ".", &how);
		if (*fd >= 0)
			close(*fd);
		else if (errno == EINVAL)
			has_cached = 0;
		return WASI_EAGAIN;
	default:
		return host_error(errno);
	}
}

wasi_errno_t host_pread_cached(int fd, uint8_t *bytes, size_t length, uint64_t offset, size_t *done)
{
	*done = 0;
	if (offset > INT64_MAX)
		return WASI_EINVAL;
	while (*done < length) {
		struct iovec piece = { bytes + *done, length - *done };
		ssize_t n = preadv2(fd, &piece, 1, (off_t)(offset + *done), RWF_NOWAIT);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EOPNOTSUPP ? WASI_EAGAIN : host_error(errno);
		}
		if (n == 0) /* a short read isn't always the end: the rest may not be in memory */
			break;
		*done += (size_t)n;
	}
	return WASI_OK;
}

static uint8_t type_of_entry(int dir, const char *name, unsigned char d_type)
{
	struct stat st;

	switch (d_type) {
	case DT_REG: return WASI_FILETYPE_REGULAR_FILE;
	case DT_DIR: return WASI_FILETYPE_DIRECTORY;
	case DT_LNK: return WASI_FILETYPE_SYMBOLIC_LINK;
	case DT_CHR: return WASI_FILETYPE_CHARACTER_DEVICE;
	case DT_BLK: return WASI_FILETYPE_BLOCK_DEVICE;
	case DT_SOCK: return WASI_FILETYPE_SOCKET_STREAM;
	case DT_UNKNOWN: return host_stat_name(dir, name, &st) ? WASI_FILETYPE_UNKNOWN : host_filetype(st.st_mode);
	default: return WASI_FILETYPE_UNKNOWN;
	}
}

wasi_errno_t host_list(int dir, wasi_errno_t (*each)(void *context, const struct host_entry *entry), void *context)
{
	_Alignas(struct dirent64) char buffer[32768];

	if (lseek(dir, 0, SEEK_SET) < 0)
		return host_error(errno);
	for (;;) {
		long length = syscall(SYS_getdents64, dir, buffer, sizeof buffer);

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length ? host_error(errno) : WASI_OK;
		for (long at = 0; at < length;) {
			const struct dirent64 *found = (const void *)(buffer + at);
			struct host_entry entry = { found->d_name, strlen(found->d_name), found->d_ino, 0 };
			wasi_errno_t err;

			entry.type = type_of_entry(dir, found->d_name, found->d_type);
			err = each(context, &entry);
			if (err)
				return err;
			at += found->d_reclen;
		}
	}
}

bool host_names_are_exact(int fd)
{
	struct statfs fs;
	int flags = 0;

	if (fstatfs(fd, &fs) < 0)
		return false;
	switch ((unsigned)fs.f_type) {
	case MSDOS_SUPER_MAGIC: case EXFAT_SUPER_MAGIC: case ISOFS_SUPER_MAGIC:
	case 0x2fc12fc1 /* ZFS */: case 0x3153464a /* JFS */: case 0x7366746e /* ntfs3 */:
		return false; /* always, or as it was made or mounted */
	default:
		return ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_CASEFOLD_FL);
	}
}

enum host_fs host_fs_kind(int fd, bool *process_secrets)
{
	struct statfs fs;

	if (process_secrets)
		*process_secrets = false;
	if (fstatfs(fd, &fs) < 0)
		return HOST_FS_REMOTE;
	switch ((unsigned)fs.f_type) {
	case TMPFS_MAGIC: case RAMFS_MAGIC:
		return HOST_FS_MEMORY;
	case EXT4_SUPER_MAGIC: case XFS_SUPER_MAGIC: case BTRFS_SUPER_MAGIC: case F2FS_SUPER_MAGIC: case OVERLAYFS_SUPER_MAGIC:
	case REISERFS_SUPER_MAGIC: case MSDOS_SUPER_MAGIC: case EXFAT_SUPER_MAGIC: case ISOFS_SUPER_MAGIC: case SQUASHFS_MAGIC:
	case UDF_SUPER_MAGIC: case NILFS_SUPER_MAGIC: case EROFS_SUPER_MAGIC_V1:
	case 0x2fc12fc1 /* ZFS */: case 0xca451a4e /* bcachefs */: case 0x3153464a /* JFS */: case 0x7366746e /* ntfs3 */:
		return HOST_FS_LOCAL;
	case PROC_SUPER_MAGIC:
		if (process_secrets)
			*process_secrets = true;
		return HOST_FS_KERNEL;
	case SYSFS_MAGIC: case CGROUP_SUPER_MAGIC: case CGROUP2_SUPER_MAGIC: case DEBUGFS_MAGIC: case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC: case BPF_FS_MAGIC: case DEVPTS_SUPER_MAGIC: case PSTOREFS_MAGIC:
	case EFIVARFS_MAGIC: case HUGETLBFS_MAGIC:
		return HOST_FS_KERNEL;
	default:
		return HOST_FS_REMOTE;
	}
}

/* btrfs bounds subvolumes, and tells only root by how much; sysfs tells everybody whether it counts at all. */
static bool btrfs_counts(int fd)
{
	struct btrfs_ioctl_fs_info_args about = { 0 };
	char path[sizeof "/sys/fs/btrfs//qgroups" + 2 * sizeof about.fsid + 4], *at = path + sprintf(path, "/sys/fs/btrfs/");

	if (ioctl(fd, BTRFS_IOC_FS_INFO, &about) < 0)
		return true;
	for (size_t i = 0; i < sizeof about.fsid; i++)
		at += sprintf(at, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", about.fsid[i]);
	memcpy(at, "/qgroups", sizeof "/qgroups");
	return faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

/* ESRCH: no quotas. ENOSYS: the file system or the kernel has none. */
static bool limits_by(int fd, unsigned type, unsigned id)
{
#ifdef SYS_quotactl_fd
	struct dqblk quota = { 0 };

	if (syscall(SYS_quotactl_fd, fd, ((unsigned)Q_GETQUOTA << SUBCMDSHIFT) | type, id, &quota) == 0)
		return quota.dqb_bhardlimit || quota.dqb_bsoftlimit || quota.dqb_ihardlimit || quota.dqb_isoftlimit;
#endif
	return false;
}

/* A project's is in what statfs() says. */
bool host_has_quota(int fd)
{
	struct statfs fs;

	if (limits_by(fd, USRQUOTA, geteuid()) || limits_by(fd, GRPQUOTA, getegid()))
		return true;
	return fstatfs(fd, &fs) == 0 && (unsigned)fs.f_type == BTRFS_SUPER_MAGIC && btrfs_counts(fd);
}

uint64_t host_mount(int fd)
{
	struct statx st = { 0 };

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0 || !(st.stx_mask & STATX_MNT_ID))
		return 0;
	return st.stx_mnt_id;
}

bool host_names_are_free(int dir)
{
	struct statx st = { 0 };

	if (statx(dir, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE, &st) < 0)
		return false;
	return !(st.stx_mode & S_ISVTX) && !(st.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_MOUNT_ROOT));
}

bool host_folder_name(int dir, const char *name, uint64_t *dev, uint64_t *ino)
{
	struct statx st = { 0 };

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO, &st) < 0 || !S_ISDIR(st.stx_mode) ||
	    st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return false;
	*dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	*ino = st.stx_ino;
	return true;
}

bool host_descriptors_are_short(int fd)
{
	struct rlimit files;

	return getrlimit(RLIMIT_NOFILE, &files) < 0 || (rlim_t)fd > files.rlim_cur / 2; /* the lowest free number is given */
}

/* What a page may make of small files before it asks again is a quarter of that (ROOM_MAX of foresight.js). */
enum { SHORT_OF_FILES = 16384 };

uint64_t host_space(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || (fs.f_files && fs.f_ffree < SHORT_OF_FILES))
		return 0;
	return (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
}

wasi_errno_t host_random(void *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = getrandom((uint8_t *)bytes + done, length - done, 0);

		if (n < 0 && errno != EINTR)
			return host_error(errno);
		if (n > 0)
			done += (size_t)n;
	}
	return WASI_OK;
}

void host_name_of(int fd, char *name, size_t size)
{
	char link[40];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlinkat(AT_FDCWD, link, name, size - 1);
	name[length > 0 ? length : 0] = 0;
}
