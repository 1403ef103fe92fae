/* What programs may be granted: makes open descriptors of the command line's words. Before the lock-in. */
#ifndef SERVER_PROGRAM_GRANTS_H
#define SERVER_PROGRAM_GRANTS_H

#include <stdbool.h>

struct config;
struct gateway;

enum grants_verdict { GRANTS_OPEN, GRANTS_IMPOSSIBLE /* exit 1 */, GRANTS_CONTRADICT /* exit 2 */ };

/* Fills gateway->grants and root_fd. False: it said why on stderr. */
enum grants_verdict grants_open(struct gateway *gateway, const struct config *config);
/* Closes the descriptors; names and lists live as long as the process. */
void grants_close(struct gateway *gateway);

/* HOST[::GUEST][:ro] in parts; writes into text, which host and guest then lend. */
struct dir_words {
	const char *host, *guest;
	bool read_only;
};
void dir_words_split(char *text, struct dir_words *words);

/* HOST:PORT[:blocking] in parts, "" where one is missing; an IPv6 address in brackets, which are taken off. Writes into text,
 * which both lend. */
struct listen_words {
	const char *host, *port;
	bool blocking;
};
void listen_words_split(char *text, struct listen_words *words);

#endif
