/* `records COUNT BUSY SYNC THEN FILE…`: writes records of 16 bytes, numbered from 1, into the files in turn (FILE is the number
 * of a descriptor and a name: 3log), with BUSY rounds of work after each and a sync of all after every SYNCth (0: never). COUNT
 * 0: without end. Called `gated` it reads a byte from its input before the first one, when its files are open. THEN, when COUNT
 * are written: close, return, spin (without a call) or trap. What it was told as done it tells who runs it: told(). */
#include "calls.h"
#include <stdio.h>
#include <stdlib.h>

enum { WROTE, SYNCED, CLOSED, FAILED, OPENED, FILES_MAX = 4 };
__attribute__((import_module("test"), import_name("told"))) void told(int what, int number, int file, int error);

static volatile unsigned busy;
static int files[FILES_MAX], count;

static void sync_all(int number)
{
	for (int file = 0; file < count; file++) {
		int error = fd_sync(files[file]);

		if (error)
			told(FAILED, number, file, error);
		else
			told(SYNCED, number, file, 0);
	}
}

int main(int argc, char **argv)
{
	int last = atoi(argv[1]), rounds = atoi(argv[2]), every = atoi(argv[3]);

	for (int i = 5; i < argc && count < FILES_MAX; i++) {
		int fd = open_at(argv[i][0] - '0', argv[i] + 1, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, READ | WRITE, 0);

		if (fd < 0)
			return 2;
		files[count++] = fd;
	}
	if (!strcmp(argv[0], "gated")) {
		char go;

		told(OPENED, 0, 0, 0);
		read_some(0, &go, 1);
	}
	for (int number = 1; last == 0 || number <= last; number++) {
		int file = number % count, written;
		char record[17];

		snprintf(record, sizeof record, "%015d\n", number);
		written = write_all(files[file], record, 16);
		if (written != 16)
			told(FAILED, number, file, -written);
		else
			told(WROTE, number, file, 0);
		for (int i = 0; i < rounds; i++)
			busy += (unsigned)i;
		if (every && number % every == 0)
			sync_all(number);
	}
	if (!strcmp(argv[4], "spin"))
		for (;;)
			busy++;
	if (!strcmp(argv[4], "trap"))
		__builtin_trap();
	for (int file = 0; !strcmp(argv[4], "close") && file < count; file++) {
		int error = fd_close(files[file]);

		told(error ? FAILED : CLOSED, last, file, error);
	}
	return 0;
}
