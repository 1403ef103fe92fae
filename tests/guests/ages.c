/* How old what is read of a long file is: `ages FILE NOW PASSES` reads FILE so often from its beginning to its end by 4 KiB, each
 * of which begins with a number (u64, little endian), and in between the number that NOW begins with. It prints them in order, a
 * line each, NOW's after an N. tests/browsers/coherence-long.test.js judges. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 4096, OFTEN = 8 };

int main(int argc, char **argv)
{
	static uint8_t piece[PIECE];
	static char out[256 << 10];
	int fd = argc == 4 ? open(argv[1], O_RDONLY) : -1, now = argc == 4 ? open(argv[2], O_RDONLY) : -1;
	uint64_t number;
	unsigned count = 0;

	if (fd < 0 || now < 0)
		return 1;
	setvbuf(stdout, out, _IOFBF, sizeof out);
	for (long pass = atol(argv[3]); pass > 0; pass--) {
		lseek(fd, 0, SEEK_SET);
		while (read(fd, piece, PIECE) == PIECE) {
			memcpy(&number, piece, sizeof number);
			printf("%llu\n", (unsigned long long)number);
			if (++count % OFTEN == 0 && pread(now, &number, sizeof number, 0) == sizeof number)
				printf("N%llu\n", (unsigned long long)number);
		}
	}
	return fflush(stdout) != 0;
}
