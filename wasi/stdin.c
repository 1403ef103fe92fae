/* The queue behind descriptor 0. */
#include "stdin.h"

#include <stdlib.h>
#include <string.h>

enum { MARKS_MAX = 65536 };

void stdin_clear(struct stdin_queue *queue)
{
	free(queue->bytes);
	free(queue->marks);
	*queue = (struct stdin_queue){ 0 };
}

bool stdin_push(struct stdin_queue *queue, const uint8_t *bytes, size_t length)
{
	size_t unread = queue->end - queue->start;

	if (length == 0 || queue->closed)
		return true;
	if (queue->room - queue->end < length) {
		if (queue->room - unread >= length && queue->start >= unread) { /* moving costs no more than was read since */
			memcpy(queue->bytes, queue->bytes + queue->start, unread);
		} else {
			size_t room = unread + length < 2048 ? 4096 : 2 * (unread + length);
			uint8_t *moved = malloc(room);

			if (!moved)
				return false;
			if (unread)
				memcpy(moved, queue->bytes + queue->start, unread);
			free(queue->bytes);
			queue->bytes = moved;
			queue->room = room;
		}
		queue->start = 0;
		queue->end = unread;
	}
	memcpy(queue->bytes + queue->end, bytes, length);
	queue->end += length;
	return true;
}

bool stdin_mark(struct stdin_queue *queue)
{
	if (queue->closed)
		return true;
	if (queue->marks_count == queue->marks_room) {
		size_t room = queue->marks_room ? 2 * queue->marks_room : 4;
		uint64_t *marks = room > MARKS_MAX ? NULL : realloc(queue->marks, room * sizeof *marks);

		if (!marks)
			return false;
		queue->marks = marks;
		queue->marks_room = room;
	}
	queue->marks[queue->marks_count++] = queue->consumed + (queue->end - queue->start);
	return true;
}

static void take_marks(struct stdin_queue *queue, size_t count)
{
	memmove(queue->marks, queue->marks + count, (queue->marks_count - count) * sizeof *queue->marks);
	queue->marks_count -= count;
}

static void consume(struct stdin_queue *queue, size_t length)
{
	queue->start += length;
	queue->consumed += length;
	if (queue->start == queue->end)
		queue->start = queue->end = 0;
}

void stdin_skip_to(struct stdin_queue *queue, uint64_t position)
{
	size_t passed = 0;

	if (position <= queue->consumed)
		return;
	if (position - queue->consumed > queue->end - queue->start)
		position = queue->consumed + (queue->end - queue->start);
	consume(queue, (size_t)(position - queue->consumed));
	while (passed < queue->marks_count && queue->marks[passed] < position)
		passed++;
	if (passed)
		take_marks(queue, passed);
}

/* Unread bytes before the next mark. */
static size_t bytes_at_once(const struct stdin_queue *queue)
{
	size_t unread = queue->end - queue->start;

	if (queue->marks_count && queue->marks[0] - queue->consumed < unread)
		return (size_t)(queue->marks[0] - queue->consumed);
	return unread;
}

bool stdin_is_ready(const struct stdin_queue *queue, uint64_t *bytes, bool *ended)
{
	bool at_mark = queue->marks_count && queue->marks[0] == queue->consumed;

	*bytes = bytes_at_once(queue);
	*ended = queue->closed && !at_mark && *bytes == 0;
	return *bytes || at_mark || *ended;
}

size_t stdin_read(struct stdin_queue *queue, uint8_t *bytes, size_t room)
{
	size_t length = bytes_at_once(queue);

	if (length > room)
		length = room;
	if (length) {
		memcpy(bytes, queue->bytes + queue->start, length);
		consume(queue, length);
	} else if (room && queue->marks_count && queue->marks[0] == queue->consumed) {
		take_marks(queue, 1);
	}
	return length;
}
