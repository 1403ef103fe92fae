/* The head of a recording, which somebody else may have made: which program it is of. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/keeper/record_file.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	static int fd = -1;
	char path[4096];
	const char *wrong;

	if (fd < 0)
		fd = memfd_create("recording", MFD_CLOEXEC);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, input, length, 0) != (ssize_t)length)
		return 0;
	wrong = record_file_program(fd, path, sizeof path);
	if (wrong && !*wrong)
		broken("refused without a word");
	if (!wrong && strlen(path) >= length)
		broken("a path that is longer than its file");
	return 0;
}
