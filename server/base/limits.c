#include "limits.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limit_row {
	const char *name;
	size_t at, size; /* of its field in struct limits: 4 or 8 bytes */
	uint64_t least, most;
	const char *help; /* what is bounded, and what a program gets past it */
};

#define FIELD(name) offsetof(struct limits, name), sizeof ((struct limits *)0)->name

/* The wire has 16 bits for a handle's slot and 8 MiB for a message: more than that can't be promised. */
static const struct limit_row limit_rows[] = {
	{ "handles", FIELD(guest.handles), 16, 65535, "files, folders and sockets that a program has open; past it MFILE" },
	{ "bytes", FIELD(guest.data), 4096, 4 << 20, "of one call's data; longer reads are short, longer writes go in pieces" },
	{ "subscriptions", FIELD(guest.subscriptions), 1, 65536, "of one poll_oneoff; past it NOMEM" },
	{ "scratch", FIELD(guest.scratch_bytes), 1, UINT64_C(1) << 50,
		"bytes in a program's private /tmp, and a name for every 4,096 of them (16 at least); past it NOSPC" },
	{ "connections", FIELD(connections), 1, 16384,
		"sockets that one session's programs have open to the network (--net); past it MFILE" },
	{ "programs", FIELD(programs), 1, 65536, "at once; one more is refused before it starts" },
	{ "memory", FIELD(memory), 16 << 20, UINT64_C(1) << 50,
		"bytes that the gateway holds for one session: what its pages haven't read, calls that wait, half messages, listings; "
		"past it its calls wait, at twice it a program ends" },
	{ "keep", FIELD(keep), 0, UINT64_C(1) << 50,
		"bytes of what is kept of programs that outlive their pages (docs/KEEPING.md); past it they end with their page" },
	{ "keep-seconds", FIELD(keep_s), 1, 7 * 86400, "that such a program waits for its page to come back; past it it ends" },
	{ "record", FIELD(record), 1 << 10, UINT64_C(1) << 50, "bytes of --record's file; past it programs go on and aren't recorded any more" },
};
static const size_t limit_rows_count = sizeof limit_rows / sizeof *limit_rows;

const char *limits_help(size_t i, const char **name)
{
	if (i >= limit_rows_count)
		return NULL;
	*name = limit_rows[i].name;
	return limit_rows[i].help;
}

void limits_default(struct limits *limits)
{
	wasi_limits_default(&limits->guest);
	limits->connections = 1024;
	limits->programs = 4096;
	limits->memory = 128 << 20;
	limits->record = UINT64_C(1) << 30;
	limits->keep = 64 << 20;
	limits->keep_s = 600;
}

static void put(struct limits *limits, const struct limit_row *row, uint64_t value)
{
	void *field = (char *)limits + row->at;

	if (row->size == sizeof(uint64_t))
		*(uint64_t *)field = value;
	else
		*(uint32_t *)field = (uint32_t)value;
}

static uint64_t get(const struct limits *limits, const struct limit_row *row)
{
	const void *field = (const char *)limits + row->at;

	return row->size == sizeof(uint64_t) ? *(const uint64_t *)field : *(const uint32_t *)field;
}

void limits_write(const struct limits *limits, char *text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < limit_rows_count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s=%llu", i ? " " : "", limit_rows[i].name,
		                       (unsigned long long)get(limits, &limit_rows[i]));
}

static void names_write(char *text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < limit_rows_count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "", limit_rows[i].name);
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
	size_t length = equals ? (size_t)(equals - text) : 0;
	const struct limit_row *row = limit_rows;
	char names[200];
	uint64_t value;

	while (row < limit_rows + limit_rows_count && (strlen(row->name) != length || strncmp(row->name, text, length)))
		row++;
	if (row == limit_rows + limit_rows_count) {
		names_write(names, sizeof names);
		snprintf(problem, size, "not a limit (%s =N): --limit '%.100s'", names, text);
		return problem;
	}
	if (!number_of(equals + 1, &value) || value < row->least || value > row->most) {
		snprintf(problem, size, "not a number from %llu to %llu: --limit '%.100s'", (unsigned long long)row->least,
		         (unsigned long long)row->most, text);
		return problem;
	}
	put(limits, row, value);
	return NULL;
}
