/* fd_lock in a program: `locks check FILE`; `locks hold FILE`, until a line comes; `locks wait FILE`, then says so; `locks count
 * FILE TIMES`: adds 1 to the number in the file, so often, with a lock around each. */
#include "calls.h"
#include "check.h"
#include "../../examples/wvwasi.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int check(const char *path)
{
	int a = open(path, O_RDWR | O_CREAT, 0666), b = open(path, O_RDWR), reads = open(path, O_RDONLY);
	struct wvwasi_lock found = { 9, 9, 9 };

	CHECK_EQ(wvwasi_fd_lock(a, WVWASI_EXCLUSIVE, 0, 10, 5, NULL), 0, "bytes are locked");
	CHECK_EQ(wvwasi_fd_lock(b, WVWASI_SHARED, 0, 0, 0, NULL), __WASI_ERRNO_AGAIN, "another descriptor is held off");
	CHECK_EQ(wvwasi_fd_lock(b, WVWASI_SHARED, 0, 0, 10, NULL), 0, "from those bytes alone");
	CHECK_EQ(wvwasi_fd_lock(b, WVWASI_SHARED, WVWASI_TEST, 0, 0, &found), 0, "who is in the way can be asked");
	CHECK(found.kind == WVWASI_EXCLUSIVE && found.start == 10 && found.length == 5, "and is told");
	CHECK_EQ(wvwasi_fd_lock(a, WVWASI_SHARED, WVWASI_TEST, 0, 5, &found), 0, "one that isn't in the way");
	CHECK(found.kind == WVWASI_UNLOCK && found.start == 0 && found.length == 0, "isn't told");
	CHECK_EQ(wvwasi_fd_lock(a, WVWASI_UNLOCK, 0, 0, 0, NULL), 0, "everything is unlocked");
	CHECK_EQ(wvwasi_fd_lock(b, WVWASI_EXCLUSIVE, WVWASI_WAIT, 0, 0, NULL), 0, "and free at once");
	CHECK_EQ(wvwasi_fd_lock(reads, WVWASI_SHARED, 0, 0, 0, NULL), __WASI_ERRNO_AGAIN, "for nobody else");
	close(b);
	CHECK_EQ(wvwasi_fd_lock(reads, WVWASI_SHARED, 0, 0, 0, NULL), 0, "until its descriptor is closed");
	CHECK_EQ(wvwasi_fd_lock(reads, WVWASI_EXCLUSIVE, 0, 0, 0, NULL), __WASI_ERRNO_BADF, "who only reads shares");
	CHECK_EQ(wvwasi_fd_lock(1000, WVWASI_SHARED, 0, 0, 0, NULL), __WASI_ERRNO_BADF, "what isn't open isn't locked");
	CHECK_EQ(wvwasi_fd_lock(a, 7, 0, 0, 0, NULL), __WASI_ERRNO_INVAL, "there are three kinds");
	CHECK_EQ(wvwasi_fd_lock(a, WVWASI_SHARED, WVWASI_TEST, 0, 0, (struct wvwasi_lock *)-4), __WASI_ERRNO_FAULT,
		"a pointer out of memory is refused");
	return check_end();
}

static void say(const char *what)
{
	printf("%s\n", what);
	fflush(stdout);
}

static int hold(const char *path)
{
	int fd = open(path, O_RDWR);

	if (wvwasi_fd_lock(fd, WVWASI_EXCLUSIVE, 0, 0, 0, NULL))
		return 1;
	say("held");
	getchar();
	return 0;
}

static int wait_for(const char *path)
{
	int fd = open(path, O_RDWR), err;

	say("waiting");
	err = wvwasi_fd_lock(fd, WVWASI_EXCLUSIVE, WVWASI_WAIT, 0, 0, NULL);
	say(err ? "not had" : "had");
	return err;
}

/* Reads, adds, writes, with plain calls, which the page may answer from what it knows or delay. */
static int count(const char *path, int times)
{
	int fd = open(path, O_RDWR);

	for (int i = 0; i < times; i++) {
		char text[16] = "";
		int length;

		if (wvwasi_fd_lock(fd, WVWASI_EXCLUSIVE, WVWASI_WAIT, 0, 0, NULL))
			return 1;
		if (pread(fd, text, sizeof text - 1, 0) < 0)
			return 2;
		length = snprintf(text, sizeof text, "%d", atoi(text) + 1);
		if (pwrite(fd, text, (size_t)length, 0) != length)
			return 3;
		if (wvwasi_fd_lock(fd, WVWASI_UNLOCK, 0, 0, 0, NULL))
			return 4;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	switch (argv[1][0] == 'c' ? argv[1][1] : argv[1][0]) {
	case 'h': return argv[1][0] == 'c' ? check(argv[2]) : hold(argv[2]);
	case 'w': return wait_for(argv[2]);
	default: return count(argv[2], argc > 3 ? atoi(argv[3]) : 1);
	}
}
