#include "breaks.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BREAKS_MAX = 1 << 20, BREAK_HEAD = 12 };

static _Atomic unsigned by_others_count;

void break_put(struct breaks *breaks, uint32_t id, enum broken what, const char *name, bool by_others)
{
	size_t name_length = name ? strlen(name) : 0, need = breaks->length + BREAK_HEAD + name_length;
	uint8_t *at;

	breaks->count++;
	breaks->has_news |= by_others;
	by_others_count += by_others;
	if (breaks->overflowed)
		return;
	if (need > breaks->room) {
		size_t room = need * 2 < 1024 ? 1024 : need * 2;
		uint8_t *grown = need > BREAKS_MAX ? NULL : realloc(breaks->bytes, room);

		if (!grown) {
			breaks->overflowed = true;
			return;
		}
		breaks->bytes = grown;
		breaks->room = room;
	}
	at = breaks->bytes + breaks->length;
	memcpy(at, &breaks->count, 4);
	memcpy(at + 4, &id, 4);
	at[8] = (uint8_t)what;
	at[9] = 0;
	memcpy(at + 10, &(uint16_t){ (uint16_t)name_length }, 2);
	if (name_length)
		memcpy(at + BREAK_HEAD, name, name_length);
	breaks->length = need;
}

uint8_t *breaks_take(struct breaks *breaks, size_t *length)
{
	uint8_t *bytes = breaks->length ? breaks->bytes : NULL;

	*length = breaks->length;
	if (bytes)
		breaks->bytes = NULL, breaks->room = 0;
	breaks->length = 0;
	breaks->has_news = false;
	return bytes;
}

unsigned breaks_by_others(void) { return by_others_count; }
