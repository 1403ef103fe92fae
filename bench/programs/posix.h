/* What SQLite's shell and bzip2 ask of an operating system and preview1 hasn't: owners, modes, processes. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define system(command) (-1)
#define chmod(path, mode) 0
#define fchmod(file, mode) 0
#define chown(path, owner, group) 0
#define fchown(file, owner, group) 0
#define geteuid() 0
#define getuid() 0
static inline int getpagesize(void)
{
	return 65536;
}
