#include "injected.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/injections.h"

enum { BESIDE_CALLS_AND_PATH = 4 * 11 + 2 * 8 };

size_t injected_bytes(const struct gateway *gateway, const struct hello *hello)
{
	return (gateway->config->injections.count + hello->injections_count) * sizeof(struct injection);
}

const char *injected_read(struct program *program, const struct hello *hello, const char **failed)
{
	const struct config_list *given = &program->gateway->config->injections;
	size_t count = given->count + hello->injections_count;

	*failed = NULL;
	if (hello->injections_count > INJECTED_BY_PAGE_MAX)
		return "a page injects by 16 rules at most";
	program->injections = count ? calloc(count, sizeof *program->injections) : NULL;
	if (count && !program->injections)
		return "no memory for what is to be injected";
	program->injections_count = count;
	for (size_t i = 0; i < count; i++) {
		const char *rule = i < given->count ? given->items[i] : hello->injections[i - given->count];
		const char *wrong = injection_read(&program->injections[i], rule);

		*failed = rule;
		if (wrong)
			return wrong;
	}
	return NULL;
}

static uint8_t *put(uint8_t *at, const struct injection *injection)
{
	at = codec_put_u32(at, (uint32_t)injection->calls_count);
	for (size_t i = 0; i < injection->calls_count; i++)
		at = codec_put_u32(at, injection->calls[i]);
	at = codec_put_u32(at, injection->error);
	at = codec_put_u32(at, injection->bytes);
	at = codec_put_u32(at, injection->lost);
	at = codec_put_u32(at, injection->first);
	at = codec_put_u32(at, injection->last);
	at = codec_put_u32(at, injection->step);
	at = codec_put_u32(at, injection->chance);
	at = codec_put_u32(at, injection->seed);
	at = codec_put_u32(at, injection->fd);
	at = codec_put_u64(at, injection->enter_ns);
	at = codec_put_u64(at, injection->exit_ns);
	return codec_put_string(at, injection->path, strlen(injection->path));
}

bool injections_put(struct message **message, const struct injection *rules, size_t count)
{
	size_t room = 4 + count * (4 * INJECTION_CALLS_MAX + BESIDE_CALLS_AND_PATH + INJECTION_PATH_MAX);
	uint8_t *at;

	if (!message_reserve(message, room))
		return false;
	at = codec_put_u32((*message)->bytes + (*message)->length, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		at = put(at, &rules[i]);
	(*message)->length = (size_t)(at - (*message)->bytes);
	return true;
}

bool injected_put(struct message **message, const struct program *program)
{
	return injections_put(message, program->injections, program->injections_count);
}
