#include "lockin.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void missing(struct lockin_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void missing(struct lockin_result *result, const char *format, ...)
{
	va_list args;

	if (result->missing_count == LOCKIN_MISSING_MAX)
		return;
	va_start(args, format);
	vsnprintf(result->missing[result->missing_count++], sizeof result->missing[0], format, args);
	va_end(args);
}

/* ---- Landlock: what may be opened ---- */

/* The kernel's numbers, some newer than Debian 12's header. */
enum {
	FS_EXECUTE = 1 << 0, FS_WRITE_FILE = 1 << 1, FS_READ_FILE = 1 << 2, FS_READ_DIR = 1 << 3, FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7, FS_MAKE_REG = 1 << 8, FS_MAKE_SYM = 1 << 12, FS_REFER = 1 << 13, FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15, FS_ABI_1 = (1 << 13) - 1,
	NET_BIND_TCP = 1, NET_CONNECT_TCP = 2,
	SCOPE_ABSTRACT_UNIX = 1, SCOPE_SIGNAL = 2,
	READS = FS_READ_FILE | FS_READ_DIR,
	WRITES = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE,
	NEWEST_ABI = 6,
};

struct ruleset {
	uint64_t fs, net, scoped;
};

static bool folder_allow(int ruleset, uint64_t handled, const struct lockin_folder *folder)
{
	struct stat st;
	bool is_file = fstat(folder->fd, &st) == 0 && !S_ISDIR(st.st_mode); /* of which nothing is listed */
	struct landlock_path_beneath_attr rule = {
		.allowed_access = handled & (uint64_t)(is_file ? FS_READ_FILE : folder->writable ? READS | WRITES : READS),
		.parent_fd = folder->fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static void landlock(const struct lockin_folder *folders, size_t count, int pretend_abi, bool network,
	struct lockin_result *result)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset handled = { .fs = FS_ABI_1 };
	size_t size = sizeof handled.fs;
	int ruleset;

	result->landlock_abi = abi > 0 ? (int)abi : 0;
	if (abi <= 0) {
		missing(result, "Landlock: this kernel has none (%s)", strerror(errno));
		return;
	}
	if (pretend_abi && abi > pretend_abi)
		abi = pretend_abi;
	if (abi < 2) { /* it would forbid every rename and link across folders */
		missing(result, "Landlock: this kernel's version 1 can't tell renames apart, so it stays off");
		return;
	}
	handled.fs |= FS_REFER;
	if (abi >= 3)
		handled.fs |= FS_TRUNCATE;
	else
		missing(result, "Landlock: truncating by name (needs version 3, this is %ld)", abi);
	if (abi >= 4)
		handled.net = network ? 0 : NET_BIND_TCP | NET_CONNECT_TCP, size = 2 * sizeof(uint64_t);
	if (abi >= 5)
		handled.fs |= FS_IOCTL_DEV;
	if (abi >= NEWEST_ABI)
		handled.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL, size = sizeof handled;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (ruleset < 0) {
		missing(result, "Landlock: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!folder_allow(ruleset, handled.fs, &folders[i]))
			missing(result, "Landlock: a granted folder can't be named: %s", strerror(errno)); /* programs can't open it */
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) == 0)
		result->landlock = true;
	else
		missing(result, "Landlock: %s", strerror(errno));
	close(ruleset);
}

/* ---- seccomp: what may be asked of the kernel ---- */

/* All calls that the serving gateway makes. Others that aren't named below are ENOSYS, for which libraries have an older way
 * (clone3). */
static const char *const allowed[] = {
	/* bytes */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "sendfile",
	"copy_file_range", "splice", "lseek", "_llseek", "ftruncate", "ftruncate64", "fallocate", "fsync", "fdatasync",
	"sync_file_range", "fadvise64", "readahead",
	/* files and folders, by descriptor */
	"openat", "openat2", "close", "close_range", "fstat", "fstat64", "newfstatat", "fstatat64", "statx", "fstatfs", "fstatfs64",
	"getdents64", "mkdirat", "unlinkat", "renameat", "renameat2", "linkat", "symlinkat", "readlinkat", "utimensat",
	"utimensat_time64", "faccessat", "faccessat2", "fcntl", "fcntl64", "flock", "dup", "dup2", "dup3", "inotify_init1",
	"inotify_add_watch", "inotify_rm_watch", "umask",
	/* sockets that are there */
	"accept", "accept4", "recvfrom", "recvmsg", "recvmmsg", "shutdown", "getsockname", "getpeername",
	"getsockopt", "setsockopt",
	/* waiting */
	"poll", "ppoll", "ppoll_time64", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2",
	"pipe2", "timerfd_create", "timerfd_settime", "timerfd_gettime", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64",
	"sched_yield", "restart_syscall",
	/* memory and threads */
	"munmap", "mremap", "madvise", "brk", "mlock", "munlock", "futex", "futex_time64", "futex_waitv", "set_robust_list",
	"get_robust_list", "rseq", "set_tid_address", "membarrier", "sched_getaffinity", "getcpu", "exit", "exit_group", "gettid",
	"arch_prctl", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "rt_sigpending", "sigaltstack",
	"sigreturn",
	/* time, ids, random bytes */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday", "time", "times", "getrandom",
	"getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getpgrp", "getpgid", "uname", "sysinfo", "getrusage",
	"getrlimit", "ugetrlimit",
};

/* What an attacker inside the process would want: refused with EPERM. */
static const char *const forbidden[] = {
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "tkill",
	"pidfd_send_signal", "pidfd_open", "pidfd_getfd", "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen",
	"fsmount", "fspick", "fsconfig", "mount_setattr", "pivot_root", "chroot", "unshare", "setns", "socket", "connect", "bind",
	"listen", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr",
	"fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr",
	"flistxattr", "mknod", "mknodat", "open_by_handle_at", "name_to_handle_at", "setuid", "setgid", "setreuid", "setregid",
	"setresuid", "setresgid", "setgroups", "capset", "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "sethostname",
	"setdomainname", "settimeofday", "clock_settime", "clock_settime64", "adjtimex", "clock_adjtime", "clock_adjtime64", "iopl",
	"ioperm", "personality", "acct", "quotactl", "syslog", "io_uring_setup", "io_uring_enter", "io_uring_register", "setrlimit",
	"shmget", "shmat", "msgget", "semget", "memfd_create", "memfd_secret",
};

/* Those that are allowed with some arguments only. */
static int conditions_add(scmp_filter_ctx filter, bool network)
{
	static const uint32_t ioctls[] = { FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ, 0x5401 /* TCGETS: isatty() */,
		_IOR('f', 1, long) /* FS_IOC_GETFLAGS */, BTRFS_IOC_FS_INFO };
	static const int quotas[] = { QCMD(Q_GETQUOTA, USRQUOTA), QCMD(Q_GETQUOTA, GRPQUOTA) };
	int error = 0;

	for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls; i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, ioctls[i]));
	/* How much its own user may write. */
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(quotactl_fd), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, (scmp_datum_t)(unsigned)quotas[i]));
	/* No memory may become executable. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Threads, not processes. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	/* Signals to this process alone: abort() sends one. Others are ENOSYS. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* A socket pair is connected to nothing else: TLS passes its plaintext on through one. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 3, SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
	                          SCMP_A1(SCMP_CMP_EQ, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC), SCMP_A2(SCMP_CMP_EQ, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX));
	if (!network)
		error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socketpair), 1,
		                          SCMP_A1(SCMP_CMP_NE, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC));
	/* Only on connected sockets, without an address: fast open would connect it. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmmsg), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
	/* Limits may be read: uv and malloc ask. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_NE, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	return error;
}

/* The dialer's: sockets of the internet, and what tells it which addresses this machine has. None of this machine's own
 * (AF_UNIX): there listen those who trust whoever can reach them. */
static int network_add(scmp_filter_ctx filter)
{
	static const int families[] = { AF_INET, AF_INET6 }, types[] = { SOCK_STREAM, SOCK_DGRAM };
	static const int calls[] = { SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen) };
	int error = 0;

	for (int family = 0; family < 2; family++)
		for (int type = 0; type < 2; type++)
			error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[family]), SCMP_A1(SCMP_CMP_MASKED_EQ, 15, (scmp_datum_t)types[type]));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
		SCMP_A2(SCMP_CMP_EQ, 0 /* ROUTE */));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2, SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
	                          SCMP_A1(SCMP_CMP_EQ, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC));
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return error;
}

static bool is_network(const char *name)
{
	return !strcmp(name, "socket") || !strcmp(name, "connect") || !strcmp(name, "bind") || !strcmp(name, "listen");
}

static int rules_add(scmp_filter_ctx filter, bool network)
{
	int error = conditions_add(filter, network) | (network ? network_add(filter) : 0);

	/* This machine's architecture lacks that call: nothing to allow. */
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);

		if (number >= 0)
			error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
		int number = seccomp_syscall_resolve_name(forbidden[i]);

		if (number >= 0 && !(network && is_network(forbidden[i])))
			error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	return error;
}

static void seccomp(bool network, struct lockin_result *result)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error;

	if (!filter) {
		missing(result, "seccomp: no memory for the filter");
		return;
	}
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: a call costs a handful of compares, not two hundred */
	error = rules_add(filter, network);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	if (error)
		missing(result, "seccomp: %s", strerror(error < 0 ? -error : error));
	else
		result->seccomp = true;
}

void lockin_prepare(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter)
		return;
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0) == 0)
		seccomp_load(filter); /* where that fails, lockin() says so */
	seccomp_release(filter);
}

static void lock(const struct lockin_folder *folders, size_t count, int pretend_abi, bool network, struct lockin_result *result)
{
	*result = (struct lockin_result){ 0 };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		missing(result, "no new privileges: %s", strerror(errno));
		return;
	}
	landlock(folders, count, pretend_abi, network, result);
	seccomp(network, result);
}

void lockin(const struct lockin_folder *folders, size_t count, int pretend_abi, struct lockin_result *result)
{
	lock(folders, count, pretend_abi, false, result);
}

void lockin_network(const struct lockin_folder *files, size_t count, struct lockin_result *result)
{
	lock(files, count, 0, true, result);
}
