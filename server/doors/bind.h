/* TCP sockets that listen: made before the lock-in, by address and port. */
#ifndef SERVER_DOORS_BIND_H
#define SERVER_DOORS_BIND_H

#include <sys/socket.h>

/* Puts port into address, binds and listens; 0: any. -1 with errno. */
int bind_socket(struct sockaddr_storage *address, int port, int backlog);
int bind_port_of(int fd);

#endif
