/* <sys/socket.h> with what wasi-libc leaves out, for guest/sockets.c. Constants that wasi-libc doesn't define have Linux's
 * values. */
#ifndef WVWASI_SYS_SOCKET_H
#define WVWASI_SYS_SOCKET_H

#include_next <sys/socket.h>
#include <stddef.h>
#include <sys/types.h>

#define SO_REUSEADDR 2
#define SO_ERROR 4
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_LINGER 13
#define SO_REUSEPORT 15
#define SO_ACCEPTCONN 30
#define SO_RCVTIMEO 66
#define SO_SNDTIMEO 67
#define SOMAXCONN 128
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000 /* accepted; WASI has no signals */
#define PF_UNSPEC AF_UNSPEC
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define PF_UNIX AF_UNIX
#define AF_LOCAL AF_UNIX
#define PF_LOCAL AF_UNIX

#ifdef __cplusplus
extern "C" {
#endif

/* As in POSIX. errno EACCES: no --net rule of the gateway allows it. */
int socket(int family, int type, int protocol);
int bind(int fd, const struct sockaddr *address, socklen_t length);
int connect(int fd, const struct sockaddr *address, socklen_t length);
int listen(int fd, int backlog);
int getsockname(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length);
int getpeername(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length);
ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address, socklen_t address_length);
ssize_t recvfrom(int fd, void *__restrict bytes, size_t length, int flags, struct sockaddr *__restrict address,
	socklen_t *__restrict address_length);
int setsockopt(int fd, int level, int name, const void *value, socklen_t length);

#ifdef __cplusplus
}
#endif
#endif
