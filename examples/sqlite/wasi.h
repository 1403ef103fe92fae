/* What SQLite's unix files expect of an operating system and WASI hasn't got: owners and modes. */
#include <sys/stat.h>
#include <unistd.h>

#define fchmod(descriptor, mode) 0
#define geteuid() 1
#define getuid() 1
