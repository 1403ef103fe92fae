#include "way.h"

#include <errno.h>
#include <sys/socket.h>

enum { MOVES_AT_ONCE = 8 };

bool way_is_for_later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

bool way_is_empty(const struct way *way)
{
	return way->head_sent == way->head_length && way->at == way->end;
}

bool way_reads(const struct way *way)
{
	return !way->ended && way->left && way->at == way->end;
}

bool way_is_done(const struct way *way)
{
	return way_is_empty(way) && (way->ended || !way->left);
}

void way_drop(struct way *way)
{
	way->left = 0;
	way->at = way->end = 0;
	way->head_sent = way->head_length;
}

/* False: the other side takes no more, ever. */
static bool write_some(struct way *way, bool *moved)
{
	bool is_head = way->head_sent < way->head_length;
	const char *bytes = is_head ? way->head + way->head_sent : way->bytes + way->at;
	ssize_t sent = send(way->to, bytes, is_head ? way->head_length - way->head_sent : way->end - way->at,
	                    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return way_is_for_later();
	*(is_head ? &way->head_sent : &way->at) += (size_t)sent;
	*moved |= sent > 0;
	return true;
}

static bool read_some(struct way *way, bool *moved)
{
	size_t room = way->left < sizeof way->bytes ? (size_t)way->left : sizeof way->bytes;
	ssize_t got = recv(way->from, way->bytes, room, MSG_DONTWAIT);

	if (got < 0)
		return way_is_for_later();
	way->at = 0;
	way->end = (size_t)got;
	way->ended = !got;
	if (way->left != UINT64_MAX)
		way->left -= (uint64_t)got;
	*moved = true;
	return true;
}

bool way_move(struct way *way, bool *moved)
{
	bool goes = true, more = true;

	for (int moves = 0; goes && more && moves < MOVES_AT_ONCE; moves++) {
		more = false;
		if (!way_is_empty(way))
			goes = write_some(way, &more);
		else if (way_reads(way))
			goes = read_some(way, &more);
		*moved |= more;
	}
	return goes;
}
