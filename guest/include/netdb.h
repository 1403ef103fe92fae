/* <netdb.h>, which wasi-libc doesn't have, for guest/names.c. A service must be a number. */
#ifndef WVWASI_NETDB_H
#define WVWASI_NETDB_H

#include <netinet/in.h>
#include <sys/socket.h>

struct addrinfo {
	int ai_flags;
	int ai_family;
	int ai_socktype;
	int ai_protocol;
	socklen_t ai_addrlen;
	struct sockaddr *ai_addr;
	char *ai_canonname;
	struct addrinfo *ai_next;
};

struct hostent {
	char *h_name;
	char **h_aliases;
	int h_addrtype;
	int h_length;
	char **h_addr_list;
};
#define h_addr h_addr_list[0]

#define AI_PASSIVE 0x01
#define AI_CANONNAME 0x02
#define AI_NUMERICHOST 0x04
#define AI_NUMERICSERV 0x08
#define AI_V4MAPPED 0x10
#define AI_ALL 0x20
#define AI_ADDRCONFIG 0x40

#define EAI_BADFLAGS (-1)
#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAIL (-4)
#define EAI_NODATA (-5)
#define EAI_FAMILY (-6)
#define EAI_SOCKTYPE (-7)
#define EAI_SERVICE (-8)
#define EAI_MEMORY (-10)
#define EAI_SYSTEM (-11)
#define EAI_OVERFLOW (-12)

#define NI_MAXHOST 255
#define NI_MAXSERV 32

#ifdef __cplusplus
extern "C" {
#endif

/* As in POSIX. EAI_SYSTEM with errno EACCES: no --net rule of the gateway allows the name. */
int getaddrinfo(const char *__restrict node, const char *__restrict service, const struct addrinfo *__restrict hints,
	struct addrinfo **__restrict found);
void freeaddrinfo(struct addrinfo *list);
const char *gai_strerror(int error);
/* IPv4 only. The result is valid until the next call. NULL: not found. */
struct hostent *gethostbyname(const char *name);

#ifdef __cplusplus
}
#endif
#endif
