#include "feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/clock.h"

enum { OUTPUT_MAX = 256 << 10 };

struct stream {
	uint8_t *bytes;
	size_t length, capacity;
	size_t frame_at;   /* of the frame that may still grow */
	uint8_t type;      /* its type; 0: there's none */
	uint16_t count;
};

static struct {
	pthread_mutex_t lock;
	struct stream views[FEED_VIEWS];
	bool shows_data;
	uint64_t dropped;
} feed = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool stream_grow(struct stream *stream, size_t more)
{
	size_t capacity = stream->capacity ? stream->capacity : 16 << 10;
	uint8_t *grown;

	if (stream->length + more > FEED_ROOM)
		return false;
	while (capacity < stream->length + more)
		capacity *= 2;
	if (capacity == stream->capacity)
		return true;
	grown = realloc(stream->bytes, capacity);
	if (!grown)
		return false;
	stream->bytes = grown;
	stream->capacity = capacity;
	return true;
}

static void frame_end(struct stream *stream)
{
	if (stream->type == DEBUG_OUTPUT || stream->type == DEBUG_CONSOLE)
		stream->count = 0; /* a frame with one item has no count */
	if (stream->type)
		codec_put_frame(stream->bytes + stream->frame_at, (enum frame_type)stream->type, 0, stream->count,
		                stream->length - stream->frame_at);
	stream->type = 0;
}

/* Room for an item; of a frame that is growing, if it is of that type. NULL: full. */
static uint8_t *item(struct stream *stream, enum debug_frame type, size_t size)
{
	bool grows = stream->type == type && stream->count < UINT16_MAX && (type == DEBUG_CALLS || type == DEBUG_TIMES);

	if (!stream_grow(stream, size + (grows ? 0 : FRAME_HEAD)))
		return NULL;
	if (!grows) {
		frame_end(stream);
		stream->type = (uint8_t)type;
		stream->count = 0;
		stream->frame_at = stream->length;
		stream->length += FRAME_HEAD;
	}
	stream->count++;
	stream->length += size;
	return stream->bytes + stream->length - size;
}

static unsigned views(void)
{
	return feed.shows_data ? FEED_VIEWS : 1;
}

void feed_shows_data(bool shows)
{
	pthread_mutex_lock(&feed.lock);
	feed.shows_data = shows;
	pthread_mutex_unlock(&feed.lock);
}

void feed_call(const struct debug_call *call)
{
	struct debug_call shown[FEED_VIEWS] = { *call, *call };
	bool has_room = true;

	shown[FEED_BARE].flags &= (uint16_t)~(DEBUG_CALL_DATA | DEBUG_CALL_CUT);
	shown[FEED_BARE].data = (struct bytes){ 0 };
	pthread_mutex_lock(&feed.lock);
	for (unsigned i = 0; i < views(); i++) {
		uint8_t *at = item(&feed.views[i], DEBUG_CALLS, debug_call_size(&shown[i]));

		if (at)
			debug_call_put(at, &shown[i]);
		has_room &= at != NULL;
	}
	feed.dropped += !has_room;
	pthread_mutex_unlock(&feed.lock);
}

void feed_left_out(uint64_t calls)
{
	pthread_mutex_lock(&feed.lock);
	feed.dropped += calls;
	pthread_mutex_unlock(&feed.lock);
}

void feed_times(uint32_t program, uint32_t batch, uint16_t number, uint32_t within, uint64_t page_ns, uint64_t trip_ns)
{
	pthread_mutex_lock(&feed.lock);
	for (unsigned i = 0; i < views(); i++) {
		uint8_t *at = item(&feed.views[i], DEBUG_TIMES, DEBUG_TIMES_SIZE);

		if (at)
			debug_times_put(at, program, batch, number, within, page_ns, trip_ns);
	}
	pthread_mutex_unlock(&feed.lock);
}

void feed_handle(uint32_t program, const struct debug_handle *handle)
{
	pthread_mutex_lock(&feed.lock);
	for (unsigned i = 0; i < views(); i++) {
		uint8_t *at = item(&feed.views[i], DEBUG_HANDLES, 4 + debug_handle_size(handle));

		if (at)
			debug_handle_put(codec_put_u32(at, program), handle);
	}
	pthread_mutex_unlock(&feed.lock);
}

/* OUTPUT and CONSOLE have the same fields: program, which, when, text. */
static void told(enum debug_frame type, uint32_t program, uint32_t which, const uint8_t *bytes, size_t length)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);

	if (length > OUTPUT_MAX)
		length = OUTPUT_MAX;
	pthread_mutex_lock(&feed.lock);
	for (unsigned i = 0; i < views(); i++) {
		uint8_t *at = item(&feed.views[i], type, 4 + 4 + 8 + 4 + length);

		if (at)
			codec_put_string(codec_put_u64(codec_put_u32(codec_put_u32(at, program), which), now), bytes, length);
	}
	pthread_mutex_unlock(&feed.lock);
}

void feed_output(uint32_t program, uint32_t stream, const uint8_t *bytes, size_t length)
{
	told(DEBUG_OUTPUT, program, stream, bytes, length);
}

void feed_console(uint32_t program, uint32_t level, const uint8_t *text, size_t length)
{
	told(DEBUG_CONSOLE, program, level, text, length);
}

bool feed_take(struct feed_taken taken[FEED_VIEWS], uint64_t *dropped)
{
	pthread_mutex_lock(&feed.lock);
	for (unsigned i = 0; i < FEED_VIEWS; i++) {
		frame_end(&feed.views[i]);
		taken[i] = (struct feed_taken){ feed.views[i].bytes, feed.views[i].length };
		feed.views[i] = (struct stream){ 0 };
	}
	*dropped = feed.dropped;
	feed.dropped = 0;
	pthread_mutex_unlock(&feed.lock);
	return taken[FEED_BARE].length > 0 || *dropped;
}

void feed_clear(void)
{
	struct feed_taken taken[FEED_VIEWS];
	uint64_t dropped;

	feed_take(taken, &dropped);
	for (unsigned i = 0; i < FEED_VIEWS; i++)
		free(taken[i].bytes);
}

uint64_t feed_calls_of(const struct feed_taken *taken)
{
	const uint8_t *at = taken->bytes, *end = at + taken->length;
	uint64_t calls = 0;
	struct frame frame;

	while (codec_frame_next(&at, end, &frame))
		calls += frame.type == DEBUG_CALLS ? frame.count : 0;
	return calls;
}
