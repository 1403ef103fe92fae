/* Cuts the power of a file system's disk, as far as the file system can tell: what it hasn't written yet, its journal included,
 * is lost, and it does nothing more. cut FOLDER: the file system that the folder is on (ext4, XFS), as root. */
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/ioctl.h>

/* Of linux/ext4.h (and of XFS, the same), which older headers don't have. */
#define SHUTDOWN _IOR('X', 125, __u32)
enum { WITHOUT_THE_LOG = 2 };

int main(int argc, char **argv)
{
	__u32 how = WITHOUT_THE_LOG;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;

	if (fd < 0 || ioctl(fd, SHUTDOWN, &how)) {
		perror("cut");
		return 1;
	}
	return 0;
}
