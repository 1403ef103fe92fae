#include "limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The wire has 16 bits for a handle's slot and 8 MiB for a message: more than that can't be promised. */
const struct limit_row limit_rows[] = {
	{ "handles", 16, 65535, "files, folders and sockets that a program has open; past it MFILE" },
	{ "bytes", 4096, 4 << 20, "of one call's data; longer reads are short, longer writes go in pieces" },
	{ "subscriptions", 1, 65536, "of one poll_oneoff; past it NOMEM" },
	{ "scratch", 1, UINT64_C(1) << 50, "bytes in a program's private /tmp; past it NOSPC" },
	{ "programs", 1, 65536, "at once; one more is refused before it starts" },
};
const size_t limit_rows_count = sizeof limit_rows / sizeof *limit_rows;
enum { HANDLES, BYTES, SUBSCRIPTIONS, SCRATCH, PROGRAMS };

void limits_default(struct limits *limits)
{
	wasi_limits_default(&limits->guest);
	limits->programs = 4096;
}

static void put(struct limits *limits, size_t row, uint64_t value)
{
	switch (row) {
	case HANDLES:
		limits->guest.handles = (uint32_t)value;
		break;
	case BYTES:
		limits->guest.data = (uint32_t)value;
		break;
	case SUBSCRIPTIONS:
		limits->guest.subscriptions = (uint32_t)value;
		break;
	case SCRATCH:
		limits->guest.scratch_bytes = value;
		break;
	case PROGRAMS:
		limits->programs = (uint32_t)value;
		break;
	}
}

/* Digits and at most one letter behind them. */
static bool number_of(const char *text, uint64_t *value)
{
	static const char letters[] = "KMG";
	const char *letter;
	char *end;
	unsigned shift;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	letter = *end ? strchr(letters, *end) : NULL;
	if (errno || (*end && (!letter || end[1])))
		return false;
	shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

const char *limits_set(struct limits *limits, const char *text, char *problem, size_t size)
{
	const char *equals = strchr(text, '=');
	size_t row = 0, length = equals ? (size_t)(equals - text) : 0;
	uint64_t value;

	while (row < limit_rows_count && (strlen(limit_rows[row].name) != length || strncmp(limit_rows[row].name, text, length)))
		row++;
	if (row == limit_rows_count) {
		snprintf(problem, size, "not a limit (handles, bytes, subscriptions, scratch, programs =N): --limit '%.100s'", text);
		return problem;
	}
	if (!number_of(equals + 1, &value) || value < limit_rows[row].least || value > limit_rows[row].most) {
		snprintf(problem, size, "not a number from %llu to %llu: --limit '%.100s'", (unsigned long long)limit_rows[row].least,
		         (unsigned long long)limit_rows[row].most, text);
		return problem;
	}
	put(limits, row, value);
	return NULL;
}
