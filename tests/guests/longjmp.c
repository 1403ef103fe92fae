/* setjmp and longjmp by wasm exceptions, with system calls on either side. */
#include "calls.h"
#include "check.h"
#include <stdlib.h>

typedef long long jmp_buf[8];
int setjmp(jmp_buf) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf, int);

static jmp_buf back;

static __attribute__((noinline)) void deep(int levels)
{
	stat_t stat;
	path_filestat_get(ROOT, 0, P("."), &stat);
	if (!levels)
		longjmp(back, 42);
	deep(levels - 1);
}

int main(void)
{
	volatile int times = 0;
	for (int i = 0; i < 50; i++) {
		int value = setjmp(back);
		if (!value)
			deep(5);
		if (value == 42)
			times++;
	}
	CHECK_EQ(times, 50, "longjmp comes back with its value");
	int fd = open_at(ROOT, "after", __WASI_OFLAGS_CREAT, WRITE, 0);
	CHECK_EQ(write_all(fd, "still here", 10), 10, "and the program goes on");
	fd_close(fd);
	return check_end();
}
