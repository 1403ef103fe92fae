/* `prints MIB`: so much on stdout, in pieces of 32 KiB. */
#include "calls.h"
#include <stdlib.h>

int main(int argc, char **argv)
{
	static char piece[32 << 10];

	memset(piece, '.', sizeof piece);
	for (int left = atoi(argv[1]) * 32; left > 0; left--)
		if (write_all(1, piece, sizeof piece) != sizeof piece)
			return 1;
	return 0;
}
