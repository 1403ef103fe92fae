#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tree.h"

enum { PEERS = 3 };

static int peers[PEERS], fifo_reads = -1, fifo_writes = -1;
static int listener, tree_root;

static int listen_somewhere(void)
{
	struct sockaddr_un nowhere = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* With only its family the kernel picks a name that no file has. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&nowhere, sizeof nowhere.sun_family) || listen(fd, PEERS))
		broken("cannot listen: %s", strerror(errno));
	return fd;
}

static void peer_connects(int *peer)
{
	struct sockaddr_un where;
	socklen_t length = sizeof where;

	if (*peer >= 0)
		close(*peer);
	*peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	getsockname(listener, (struct sockaddr *)&where, &length);
	if (connect(*peer, (struct sockaddr *)&where, length) != 0) {
		close(*peer);
		*peer = -1;
	}
}

static void close_it(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void outside_acts(struct input *input)
{
	static uint8_t bytes[70000];
	uint8_t what = take(input);
	int *peer = &peers[(what >> 4) % PEERS];

	switch (what & 15) {
	case 0: case 1:
		peer_connects(peer);
		break;
	case 2: case 3:
		if (*peer >= 0)
			send(*peer, bytes, what & 128 ? sizeof bytes : 3, MSG_NOSIGNAL);
		break;
	case 4:
		if (*peer >= 0)
			recv(*peer, bytes, sizeof bytes, 0);
		break;
	case 5:
		if (*peer >= 0)
			shutdown(*peer, what & 128 ? SHUT_WR : SHUT_RDWR);
		break;
	case 6:
		close_it(peer);
		break;
	case 7:
		close_it(&fifo_reads);
		fifo_reads = openat(tree_root, "p", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		break;
	case 8: case 9:
		close_it(&fifo_writes);
		fifo_writes = openat(tree_root, "p", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		break;
	case 10: case 11:
		if (fifo_writes >= 0 && write(fifo_writes, bytes, what & 128 ? 66000 : 2) < 0)
			break;
		break;
	case 12:
		if (what & 128) /* what a lease would promise not to happen unheard */
			unlinkat(tree_root, "g", 0);
		else if (what & 64)
			close(openat(tree_root, "g", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		if (fifo_reads >= 0 && read(fifo_reads, bytes, sizeof bytes) < 0)
			break;
		break;
	case 13:
		close_it(&fifo_reads);
		break;
	default:
		close_it(&fifo_writes);
	}
}

int outside_open(int root)
{
	for (int i = 0; i < PEERS; i++)
		peers[i] = -1;
	tree_root = root;
	return listener = listen_somewhere();
}

void outside_close(void)
{
	int fd;

	for (int i = 0; i < PEERS; i++)
		close_it(&peers[i]);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
	close_it(&fifo_reads);
	close_it(&fifo_writes);
}
