/* Leases in unit tests: starts them, and prints the BREAKs that a guest was sent. */
#ifndef TESTS_UNIT_BREAKS_H
#define TESTS_UNIT_BREAKS_H

#include "world.h"

#include "wasi/lease.h"

enum { BREAK_HEAD = 12 };

/* At most so many leases from now on. Returns the descriptor that inotify's events come from. */
MAYBE int leases_begin(unsigned most)
{
	static int events = -1, mounts;

	if (events < 0)
		REQUIRE((events = wasi_leases_start(&mounts)) >= 0);
	wasi_leases_limit(most);
	return events;
}

/* BREAKs as text, "1:name 0:". Frees them; the text is valid until the next call. */
MAYBE const char *breaks_text(uint8_t *breaks, size_t length)
{
	static char text[4096];
	size_t out = 0;

	text[0] = '\0';
	for (size_t at = 0; at < length && out < sizeof text - 300;) {
		uint16_t name = (uint16_t)(breaks[at + 10] | breaks[at + 11] << 8);

		out += (size_t)snprintf(text + out, sizeof text - out, "%s%u:%.*s", out ? " " : "", breaks[at + 8], name,
			(const char *)breaks + at + BREAK_HEAD);
		at += BREAK_HEAD + (size_t)name;
	}
	free(breaks);
	return text;
}

/* Reads inotify's events, and takes the guest's BREAKs. */
MAYBE const char *broken(struct guest *guest)
{
	size_t length;
	uint8_t *breaks;

	wasi_leases_hear();
	breaks = guest_breaks_take(guest, &length);
	return breaks_text(breaks, length);
}

#endif
