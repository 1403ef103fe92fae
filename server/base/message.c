#include "message.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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
	message->account = NULL;
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
	if (!account_take(old->account, capacity - old->capacity))
		return false;
	grown = realloc(old, sizeof *grown + capacity);
	if (!grown) {
		account_give(old->account, capacity - old->capacity);
		return false;
	}
	grown->capacity = capacity;
	*message = grown;
	return true;
}

bool message_charge(struct message *message, struct account *account)
{
	if (message->account || !account)
		return true;
	if (!account_take(account, sizeof *message + message->capacity))
		return false;
	message->account = account;
	return true;
}

bool message_join(struct message **message, struct message *other, size_t most)
{
	struct message *first = *message;

	if (!first || first->sent || first->length + other->length > most || !message_reserve(message, other->length))
		return false;
	first = *message;
	memcpy(first->bytes + first->length, other->bytes, other->length);
	first->length += other->length;
	message_free(other);
	return true;
}

void message_fit(struct message **message)
{
	struct message *old = *message, *fitted;
	size_t spare = old->capacity - old->length;

	if (spare < SPARE_BYTES / 2 || !(fitted = realloc(old, sizeof *fitted + old->length)))
		return;
	account_give(fitted->account, spare);
	fitted->capacity = fitted->length;
	*message = fitted;
}

void message_free(struct message *message)
{
	if (!message)
		return;
	account_give(message->account, sizeof *message + message->capacity);
	message->account = NULL;
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
