#include "identity.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/digest.h"
#include "server/base/gateway.h"
#include "server/wire/hello.h"
#include "program.h"

void mix(struct mixture *mixture, const char *part)
{
	fwrite(part, 1, strlen(part) + 1, mixture->stream); /* with its NUL, so that parts can't be cut elsewhere */
}

bool mixture_begin(struct mixture *mixture)
{
	mixture->bytes = NULL;
	mixture->stream = open_memstream(&mixture->bytes, &mixture->length);
	return mixture->stream;
}

void mixture_end(struct mixture *mixture, uint8_t *key, size_t size)
{
	struct digest digest = { 0 };

	if (fclose(mixture->stream) == 0)
		digest_of(&digest, mixture->bytes, mixture->length);
	free(mixture->bytes);
	memcpy(key, digest.bytes, size);
}

const char *identity_name(const struct program *program, const struct hello *hello)
{
	const struct grants *grants = &program->gateway->grants;

	return hello->args_count ? hello->args[0] : grants->args_count ? grants->args[0] : "";
}

bool identity_of(const struct hello *hello, const char *name, uint8_t *key, size_t size)
{
	struct mixture mixture;

	if (!mixture_begin(&mixture))
		return false;
	mix(&mixture, hello->flags & HELLO_HINTS ? hello->program : "");
	mix(&mixture, name);
	for (uint32_t i = 0; hello->flags & HELLO_PREOPENS && i < hello->preopens_count; i++) {
		mix(&mixture, hello->preopens[i].name);
		mix(&mixture, hello->preopens[i].grant);
		mix(&mixture, hello->preopens[i].read_only ? "ro" : "rw");
	}
	if (hello->flags & HELLO_PREOPENS)
		mix(&mixture, "alone");
	mixture_end(&mixture, key, size);
	return true;
}
