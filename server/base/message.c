#include "message.h"

#include <pthread.h>
#include <stdlib.h>

enum { SPARE_BYTES = 32 << 10, SPARES_MAX = 8 };

static pthread_mutex_t spares_lock = PTHREAD_MUTEX_INITIALIZER;
static struct message *spares;
static unsigned spares_count;

static struct message *spare_take(void)
{
	struct message *message;

	pthread_mutex_lock(&spares_lock);
	message = spares;
	if (message) {
		spares = message->next;
		spares_count--;
	}
	pthread_mutex_unlock(&spares_lock);
	return message;
}

struct message *message_new(size_t capacity)
{
	struct message *message = capacity <= SPARE_BYTES ? spare_take() : NULL;

	if (!message) {
		if (capacity < SPARE_BYTES)
			capacity = SPARE_BYTES;
		message = malloc(sizeof *message + capacity);
		if (!message)
			return NULL;
		message->capacity = capacity;
	}
	message->next = NULL;
	message->length = message->sent = 0;
	return message;
}

bool message_reserve(struct message **message, size_t extra)
{
	struct message *old = *message, *grown;
	size_t need = old->length + extra, capacity = old->capacity * 2;

	if (need <= old->capacity)
		return true;
	if (capacity < need)
		capacity = need;
	grown = realloc(old, sizeof *grown + capacity);
	if (!grown)
		return false;
	grown->capacity = capacity;
	*message = grown;
	return true;
}

void message_free(struct message *message)
{
	if (!message)
		return;
	if (message->capacity == SPARE_BYTES) {
		pthread_mutex_lock(&spares_lock);
		if (spares_count < SPARES_MAX) {
			message->next = spares;
			spares = message;
			spares_count++;
			message = NULL;
		}
		pthread_mutex_unlock(&spares_lock);
	}
	free(message);
}
