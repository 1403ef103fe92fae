#include "curl.h"

#include <dlfcn.h>
#include <stdio.h>

struct curl_functions curl;

bool curl_load(char *problem, size_t size)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	void *library = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++) {
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
		if (!library && i == 0)
			snprintf(problem, size, "requests need libcurl (on Debian: sudo apt-get install libcurl4), which can't be loaded: %s", dlerror());
	}
	if (!library)
		return false;
#define CURL_FUNCTION(gives, name, parameters) \
	if (!(*(void **)&curl.name = dlsym(library, "curl_" #name))) { \
		snprintf(problem, size, "libcurl is too old: it has no curl_" #name); \
		return false; \
	}
#include "curl_abi.def"
	if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(problem, size, "libcurl doesn't start");
		return false;
	}
	return true;
}
