/* The config file: JSON to flags. What it asks for is split as the grants do it, and nothing is opened. */
#include <stdlib.h>
#include <string.h>

#include "server/base/options.h"
#include "server/program/grants.h"
#include "tree.h"

static void must_be_words(const char *written)
{
	char *text = strdup(written);
	struct dir_words words;

	dir_words_split(text, &words);
	if (!*words.host || !*words.guest)
		broken("a grant without a name: '%s'", written);
	if (strlen(words.host) > strlen(written) || strlen(words.guest) > strlen(written))
		broken("a grant longer than it was written: '%s'", written);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	char *text = memcpy(malloc(length + !length), input, length);
	struct config config;
	const char *error;

	config_default(&config);
	error = config_read_json(&config, text, length);
	if (error && !*error)
		broken("refused without a word");
	if (!error && (config.port < PORT_OF_ROOT || config.port > 65535))
		broken("port %d", config.port);
	if (config.root && !*config.root)
		broken("an empty root");
	for (size_t i = 0; i < config.dirs.count; i++)
		must_be_words(config.dirs.items[i]);
	config_clear(&config);
	free(text);
	return 0;
}
