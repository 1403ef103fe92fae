/* preview1 knows no users: nobody is found. */
#pragma once
#include <sys/types.h>

struct passwd {
	char *pw_name, *pw_passwd, *pw_gecos, *pw_dir, *pw_shell;
	uid_t pw_uid;
	gid_t pw_gid;
};
static inline struct passwd *getpwuid(uid_t uid)
{
	return 0;
}
