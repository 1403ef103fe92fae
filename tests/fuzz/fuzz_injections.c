/* --inject's rules, as a page gives them too. */
#include <stdlib.h>
#include <string.h>

#include "server/base/injections.h"
#include "tree.h"
#include "wasi/syscalls.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	char *text = strndup((const char *)input, length);
	struct injection injection;
	const char *wrong = injection_read(&injection, text);

	if (wrong && !*wrong)
		broken("refused without a word");
	if (!wrong) {
		if (!injection.calls_count || injection.calls_count > INJECTION_CALLS_MAX || injection.calls_count > syscalls_count)
			broken("a rule for %zu calls", injection.calls_count);
		if (!injection.first || injection.last < injection.first || !injection.step || !injection.chance)
			broken("a rule that never applies");
		if (strlen(injection.path) >= INJECTION_PATH_MAX)
			broken("a path without an end");
	}
	free(text);
	return 0;
}
