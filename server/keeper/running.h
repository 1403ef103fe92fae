/* Finds the running gateways of this user by their state files, and connects to one's control socket.
 * Leaves to others: what is asked there (ask.h, webview/pairing.h). */
#ifndef SERVER_KEEPER_RUNNING_H
#define SERVER_KEEPER_RUNNING_H

struct running_search {
	const char *root;  /* NULL: any */
	int port;          /* 0: any */
	int fd, found;     /* connected to the first; how many there are */
	char roots[1024];  /* of all that were found, one a line */
};

/* root: a real path, NULL for any; port: 0 for any. search->fd is yours; -1: none was found. */
void running_find(struct running_search *search, const char *root, int port);

#endif
