/* Locks itself in with the gateway's own lock-in, then tries what a program that broke out would try, one line of JSON each:
 * {"try": what, "errno": name or ""}. The first line is what the lock-in said. usage: lockin_probe PRETEND_ABI|dialer BASE, where
 * BASE has rw/file, rw2/, ro/file and outside/secret. Leaves to lockin.test.js: what should have happened. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/base/lockin.h"

static void tried(const char *what, long result)
{
	printf("{\"try\":\"%s\",\"errno\":\"%s\"}\n", what, result < 0 ? strerrorname_np(errno) : "");
}

static long opened(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd;
}

static int must_open(int at, const char *path, int flags)
{
	int fd = openat(at, path, flags | O_CLOEXEC);

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

static void *sleeper(void *context) { return context; }

static void files(int base_fd, int rw, int rw2, int ro, int outside_file)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	int fd;

	tried("read a file of a read-write grant", opened(openat(rw, "file", O_RDWR)));
	tried("create in a read-write grant", opened(openat(rw, "new", O_CREAT | O_RDWR, 0644)));
	tried("openat2 in a read-write grant", opened((int)syscall(SYS_openat2, rw, "file", &how, sizeof how)));
	tried("mkdir in a read-write grant", mkdirat(rw, "folder", 0755));
	tried("rename within a read-write grant", renameat(rw, "new", rw, "folder/new"));
	tried("rename to another read-write grant", renameat(rw, "folder/new", rw2, "moved"));
	tried("link to another read-write grant", linkat(rw, "file", rw2, "linked", 0));
	tried("symlink in a read-write grant", symlinkat("/etc", rw, "etc"));
	tried("unlink in a read-write grant", unlinkat(rw2, "linked", 0));
	tried("read a file of a read-only grant", opened(openat(ro, "file", O_RDONLY)));

	tried("write a file of a read-only grant", opened(openat(ro, "file", O_WRONLY)));
	tried("append to a file of a read-only grant", opened(openat(ro, "file", O_WRONLY | O_APPEND)));
	tried("create in a read-only grant", opened(openat(ro, "new", O_CREAT | O_RDWR, 0644)));
	tried("mkdir in a read-only grant", mkdirat(ro, "folder", 0755));
	tried("unlink in a read-only grant", unlinkat(ro, "other", 0));
	tried("symlink in a read-only grant", symlinkat("x", ro, "link"));
	tried("rename out of a read-only grant", renameat(ro, "other", rw, "stolen"));
	tried("rename into a read-only grant", renameat(rw, "file", ro, "brought"));
	tried("link out of a read-only grant", linkat(ro, "other", rw, "stolen", 0));
	tried("truncate a file of a read-only grant while opening it", opened(openat(ro, "truncated", O_RDONLY | O_TRUNC)));
	tried("truncate by name", truncate("/etc/passwd", 0));

	tried("open /etc/passwd", opened(open("/etc/passwd", O_RDONLY)));
	tried("open /etc/passwd through a link", opened(openat(rw, "etc/passwd", O_RDONLY)));
	tried("open a neighbour by ..", opened(openat(rw, "../outside/secret", O_RDONLY)));
	tried("open a neighbour by an older descriptor", opened(openat(base_fd, "outside/secret", O_RDONLY)));
	tried("list the folder above", opened(openat(rw, "..", O_RDONLY | O_DIRECTORY)));
	tried("create outside", opened(openat(base_fd, "new", O_CREAT | O_RDWR, 0644)));
	tried("mkdir outside", mkdirat(base_fd, "folder", 0755));
	tried("rename from outside", renameat(base_fd, "outside/secret", rw, "stolen"));
	tried("link from outside", linkat(base_fd, "outside/secret", rw, "stolen", 0));
	tried("open /proc/self/mem", opened(open("/proc/self/mem", O_RDWR)));
	fd = open("/proc/self/exe", O_PATH);
	tried("read an older descriptor of a file", read(outside_file, &(char){ 0 }, 1));
	if (fd >= 0)
		close(fd);
	tried("chmod", fchmodat(rw, "file", 0777, 0));
	tried("chmod by descriptor", fchmod(outside_file, 0777));
	tried("chown", fchownat(rw, "file", 0, 0, 0));
	tried("set an attribute", fsetxattr(outside_file, "user.x", "y", 1, 0));
	tried("make a device", mknodat(rw, "device", S_IFCHR | 0644, 0));
	tried("make a FIFO", mknodat(rw, "fifo", S_IFIFO | 0644, 0));
}

static void processes(void)
{
	char name[] = "true", *const argv[] = { name, NULL };
	struct iovec local = { &(char){ 0 }, 1 }, remote = { &local, 1 };
	pthread_t thread;
	pid_t child;
	int error;

	tried("execve", execve("/bin/true", argv, argv));
	tried("execveat", syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv, 0));
	child = fork();
	if (child == 0)
		_exit(0);
	tried("fork", child);
	tried("clone3", syscall(SYS_clone3, NULL, 0));
	error = pthread_create(&thread, NULL, sleeper, NULL);
	errno = error;
	tried("make a thread", error ? -1 : 0);
	if (!error)
		pthread_join(thread, NULL);
	tried("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	tried("kill the parent", kill(getppid(), 0));
	tried("tgkill the parent", syscall(SYS_tgkill, getppid(), getppid(), 0));
	tried("tgkill oneself", syscall(SYS_tgkill, getpid(), gettid(), 0));
	tried("read another's memory", process_vm_readv(getppid(), &local, 1, &remote, 1, 0));
	tried("pidfd_open", syscall(SYS_pidfd_open, getppid(), 0));
}

static void network(int tcp)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int pair[2];

	tried("socket", opened(socket(AF_INET, SOCK_STREAM, 0)));
	tried("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	tried("connect an older socket", connect(tcp, (struct sockaddr *)&here, sizeof here));
	tried("bind an older socket", bind(tcp, (struct sockaddr *)&here, sizeof here));
	tried("send by fast open", sendto(tcp, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&here, sizeof here));
	tried("listen", listen(tcp, 1));
}

static void the_rest(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *code;

	tried("memory", page == MAP_FAILED ? -1 : 0);
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tried("executable memory", code == MAP_FAILED ? -1 : 0);
	tried("memory made executable", mprotect(page, 4096, PROT_READ | PROT_EXEC));
	tried("mount", mount("none", "/mnt", "tmpfs", 0, NULL));
	tried("chroot", chroot("/"));
	tried("unshare", unshare(CLONE_NEWUSER));
	tried("bpf", syscall(SYS_bpf, 0, NULL, 0));
	tried("io_uring_setup", syscall(SYS_io_uring_setup, 1, NULL));
	tried("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	tried("memfd_create", opened((int)syscall(SYS_memfd_create, "x", 0)));
	tried("personality", syscall(SYS_personality, 0xffffffff));
	tried("setuid", setuid(getuid()));
	tried("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
	tried("prctl to be dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	tried("a call nobody listed", syscall(SYS_vmsplice, -1, NULL, 0, 0));
	tried("eventfd", opened(eventfd(0, EFD_CLOEXEC)));
}

/* What somebody who broke into the dialer would try. */
static int dialer_tries(int base_fd)
{
	struct lockin_folder files[] = { { must_open(AT_FDCWD, "/etc/hosts", O_PATH), false },
		{ must_open(base_fd, "ro", O_PATH | O_DIRECTORY), false } };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char name[] = "true", *const argv[] = { name, NULL };
	struct lockin_result result;
	int tcp;

	lockin_network(files, 2, &result);
	printf("{\"landlock\":%s,\"seccomp\":%s}\n", result.landlock ? "true" : "false", result.seccomp ? "true" : "false");
	tried("read a file that it needs", opened(open("/etc/hosts", O_RDONLY)));
	tried("read in a folder that it needs", opened(openat(base_fd, "ro/file", O_RDONLY)));
	tried("make a TCP socket", tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	tried("make a UDP socket", opened(socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0)));
	tried("bind", bind(tcp, (struct sockaddr *)&address, sizeof address));
	tried("listen", listen(tcp, 1));
	tried("make a pair", opened(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, (int[2]){ 0 })));
	tried("read /etc/passwd", opened(open("/etc/passwd", O_RDONLY)));
	tried("read a user's file", opened(openat(base_fd, "rw/file", O_RDONLY)));
	tried("write in a folder that it needs", opened(openat(base_fd, "ro/file", O_WRONLY)));
	tried("create in a folder that it needs", opened(openat(base_fd, "ro/new", O_CREAT | O_WRONLY, 0644)));
	tried("make a Unix socket", opened(socket(AF_UNIX, SOCK_STREAM, 0)));
	tried("make a raw socket", opened(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)));
	tried("make a packet socket", opened(socket(AF_PACKET, SOCK_DGRAM, 0)));
	tried("execve", execve("/bin/true", argv, argv));
	tried("kill the parent", kill(getppid(), 0));
	return 0;
}

int main(int argc, char **argv)
{
	struct lockin_folder folders[3];
	struct lockin_result result;
	int base, rw, rw2, ro, outside_file, tcp;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	base = must_open(AT_FDCWD, argv[2], O_RDONLY | O_DIRECTORY);
	if (!strcmp(argv[1], "dialer"))
		return dialer_tries(base);
	folders[0] = (struct lockin_folder){ rw = must_open(base, "rw", O_RDONLY | O_DIRECTORY), true };
	folders[1] = (struct lockin_folder){ rw2 = must_open(base, "rw2", O_RDONLY | O_DIRECTORY), true };
	folders[2] = (struct lockin_folder){ ro = must_open(base, "ro", O_RDONLY | O_DIRECTORY), false };
	outside_file = must_open(base, "outside/secret", O_RDWR);
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	lockin(folders, 3, atoi(argv[1]), &result);
	printf("{\"abi\":%d,\"landlock\":%s,\"seccomp\":%s,\"missing\":[", result.landlock_abi, result.landlock ? "true" : "false",
	       result.seccomp ? "true" : "false");
	for (size_t i = 0; i < result.missing_count; i++)
		printf("%s\"%s\"", i ? "," : "", result.missing[i]);
	printf("]}\n");

	files(base, rw, rw2, ro, outside_file);
	processes();
	network(tcp);
	the_rest();
	return 0;
}
