/* A library rather than a program: no _start; the page calls its exports, which make system calls. */
#include "calls.h"
#include <stdio.h>
#include <stdlib.h>

static int prepared;

__attribute__((constructor)) static void prepare(void)
{
	prepared = 1;
}

__attribute__((export_name("add"))) int add(int a, int b)
{
	return prepared ? a + b : -1;
}

/* Bytes of a file, or minus the errno. */
__attribute__((export_name("append"))) int append(int byte)
{
	int fd = open_at(ROOT, "appended", __WASI_OFLAGS_CREAT, WRITE, __WASI_FDFLAGS_APPEND);
	char value = (char)byte;
	if (fd < 0)
		return fd;
	stat_t stat = { 0 };
	write_all(fd, &value, 1);
	fd_filestat_get(fd, &stat);
	fd_close(fd);
	return (int)stat.size;
}

__attribute__((export_name("say"))) void say(int number)
{
	printf("said %d\n", number);
	fflush(stdout);
}

__attribute__((export_name("leave"))) void leave(int code)
{
	proc_exit(code);
}
