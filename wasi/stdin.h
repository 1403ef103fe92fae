/* A program's standard input: bytes that the server was given, marks (Ctrl-D) and the end, in order. */
#ifndef WASI_STDIN_H
#define WASI_STDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stdin_queue {
	uint8_t *bytes;              /* [start, end) is unread */
	size_t start, end, room;
	uint64_t consumed;           /* position of `start` since the program's beginning */
	uint64_t *marks;             /* positions, ascending */
	size_t marks_count, marks_room;
	bool closed;
};

void stdin_clear(struct stdin_queue *queue);
bool stdin_push(struct stdin_queue *queue, const uint8_t *bytes, size_t length); /* false: no memory, nothing was taken */
bool stdin_mark(struct stdin_queue *queue);
/* The program has already seen everything before this position. */
void stdin_skip_to(struct stdin_queue *queue, uint64_t position);

/* Can a read be answered now? With how many bytes, and is it the end? */
bool stdin_is_ready(const struct stdin_queue *queue, uint64_t *bytes, bool *ended);
/* Only when it is ready: 0 bytes at a mark, which is taken, and at the end. */
size_t stdin_read(struct stdin_queue *queue, uint8_t *bytes, size_t room);

#endif
