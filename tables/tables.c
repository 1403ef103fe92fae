/* wasi/syscalls.def, wasi/errnos.def, server/wire/frames.def, values.def and api.def as arrays. */
#include "tables.h"

#include "wasi/wasi.h"

enum {
	LOCAL = SYSCALL_LOCAL, CHANGES = SYSCALL_CHANGES, CONSUMES = SYSCALL_CONSUMES, BLOCKS = SYSCALL_BLOCKS,
	QUIET = SYSCALL_QUIET, WRITES = SYSCALL_WRITES, REPORTS = SYSCALL_REPORTS, PUBLISHES = SYSCALL_PUBLISHES, ENDS = SYSCALL_ENDS,
	FORESEEN = SYSCALL_FORESEEN,
};

const struct row rows[] = {
#define SYSCALL(number, name, takes, gives, flags, rights, ...) { number, #name, takes, gives, flags, #rights, __VA_ARGS__ },
#include "wasi/syscalls.def"
};
const int ROWS = sizeof rows / sizeof *rows;

const struct frame_row frames[] = {
#define FRAME(type, name, receiver, fields, names, says) { type, #name, receiver, fields, names, says },
#include "server/wire/frames.def"
};
const int FRAMES = sizeof frames / sizeof *frames;

const struct frame_row debug_frames[] = {
#define DEBUG_FRAME(type, name, receiver, says) { type, #name, receiver, ANY, "", says },
#include "server/wire/frames.def"
};
const int DEBUG_FRAMES = sizeof debug_frames / sizeof *debug_frames;

const char *const errno_meanings[] = {
	"success",
#define ERRNO(name, meaning) meaning,
#include "wasi/errnos.def"
};
const int ERRNOS = sizeof errno_meanings / sizeof *errno_meanings;

const struct value values[] = {
	{ "errno", "SUCCESS", WASI_OK },
#define ERRNO(name, meaning) { "errno", &#name[1], WASI_##name },
#include "wasi/errnos.def"
#define VALUE(group, prefix, name) { #group, #name, prefix##name },
#include "values.def"
};
const int VALUES = sizeof values / sizeof *values;

const struct field fields[] = {
#define FIELD(layout, member) { #layout, #member, sizeof(wasi_##layout##_t), offsetof(wasi_##layout##_t, member), \
                                sizeof(((wasi_##layout##_t *)0)->member) },
#include "values.def"
};
const int FIELDS = sizeof fields / sizeof *fields;

static const struct api apis[] = {
#define API(name, signature, gives, says, errors) { #name, signature, gives, says, errors },
#include "api.def"
};
enum { APIS = sizeof apis / sizeof *apis };

const char *const flag_names[FLAGS] = {
	"LOCAL", "CHANGES", "CONSUMES", "BLOCKS", "QUIET", "WRITES", "REPORTS", "PUBLISHES", "ENDS", "FORESEEN",
};

const struct letter letters[] = {
	{ 'f', "u32, the handle of an open object", NULL },
	{ 'h', "u32, the handle that the client picks for what the call opens", NULL },
	{ 'w', "u32", "u32" },
	{ 'q', "u64, or s64 in two's complement", "u64" },
	{ 'n', "u32, the most bytes that the result may have; the server may give fewer", NULL },
	{ 'p', "u32 length, then the bytes of a path", NULL },
	{ 'b', "u32 length, then that many bytes", "all bytes that are left of the result; no length in front" },
	{ 'F', NULL, "fdstat, 24 bytes" },
	{ 'S', NULL, "filestat, 64 bytes" },
};
const int LETTERS = sizeof letters / sizeof *letters;

void fail(const char *what, const char *name)
{
	fprintf(stderr, "make_tables: %s: %s\n", name, what);
	exit(1);
}

int name_next(const char **names, const char **name)
{
	int length = (int)strcspn(*names, ",");

	*name = *names;
	*names += length;
	*names += strspn(*names, ", ");
	return length;
}

const struct api *api_of(const struct row *row)
{
	for (int i = 0; i < APIS; i++)
		if (!strcmp(apis[i].name, row->name))
			return &apis[i];
	if (row->number < FIRST_EXTENSION)
		fail("api.def has no row of that name", row->name);
	return NULL; /* extensions are between shim and server */
}

static void check_names(const char *call, const char *of, const char *names)
{
	const char *name;

	for (; *of; of++) {
		if (!name_next(&names, &name))
			fail("fewer names than letters", call);
		if (!memchr("fhwqnpbFS", *of, 9))
			fail("an unknown letter", call);
	}
	if (*names)
		fail("more names than letters", call);
}

void check_tables(void)
{
	for (int i = 0; i < ROWS; i++) {
		check_names(rows[i].name, rows[i].takes, rows[i].takes_names);
		check_names(rows[i].name, rows[i].gives, rows[i].gives_names);
		api_of(&rows[i]);
	}
	for (int i = 0; i < APIS; i++) {
		int at = 0;

		while (at < ROWS && strcmp(rows[at].name, apis[i].name))
			at++;
		if (at == ROWS)
			fail("api.def has it, syscalls.def doesn't", apis[i].name);
	}
}

/* FNV-1a, 64 bits, over "number name takes gives flags\n" of each row: the same bytes as syscalls_hash(). */
uint64_t hash_rows(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (int i = 0; i < ROWS; i++) {
		char line[128];
		snprintf(line, sizeof line, "%u %s %s %s %u\n", rows[i].number, rows[i].name, rows[i].takes, rows[i].gives,
			rows[i].flags);
		for (const char *at = line; *at; at++)
			hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	}
	return hash;
}
