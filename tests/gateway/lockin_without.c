/* Runs a program as on a kernel that lacks Landlock, seccomp, openat2 or netlink: these calls say ENOSYS, to it and its children.
 * usage: lockin_without landlock|seccomp|openat2|netlink PROGRAM ARG… */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	const uint32_t missing = SCMP_ACT_ERRNO(ENOSYS);
	int error = filter ? 0 : -1;

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "landlock")) {
		error |= seccomp_rule_add(filter, missing, SCMP_SYS(landlock_create_ruleset), 0);
	} else if (!strcmp(argv[1], "openat2")) {
		error |= seccomp_rule_add(filter, missing, SCMP_SYS(openat2), 0);
	} else if (!strcmp(argv[1], "netlink")) {
		error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK));
	} else {
		error |= seccomp_rule_add(filter, missing, SCMP_SYS(seccomp), 0);
		error |= seccomp_rule_add(filter, missing, SCMP_SYS(prctl), 1, SCMP_A0_32(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
	}
	if (error || seccomp_load(filter)) {
		fprintf(stderr, "lockin_without: cannot filter\n");
		return 2;
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 2;
}
