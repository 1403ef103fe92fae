#include "process.h"

#include <signal.h>
#include <sys/resource.h>

enum { FILES_MOST = 65536 };

void process_prepare(void)
{
	struct rlimit files;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_MOST ? files.rlim_max : FILES_MOST;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}
