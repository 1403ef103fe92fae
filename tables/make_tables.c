/* `make tables`: prints what is made from the tables of calls and frames, wasi/syscalls.def and server/wire/frames.def:
 *   make_tables js        syscalls.js of the shim: both tables for the page, and the hash
 *   make_tables api       docs/API.md, each call as JavaScript sees it (the words come from api.def beside this file)
 *   make_tables json      docs/syscalls.json, the tables for other clients, with preview1's numbers (values.def)
 *   make_tables protocol  docs/PROTOCOL.md, which it reads, with the tables between its marks made anew
 * Leaves to others: what a call does, and how it looks on the wire. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi/wasi.h"

enum {
	LOCAL = SYSCALL_LOCAL, CHANGES = SYSCALL_CHANGES, CONSUMES = SYSCALL_CONSUMES, BLOCKS = SYSCALL_BLOCKS,
	QUIET = SYSCALL_QUIET, WRITES = SYSCALL_WRITES, REPORTS = SYSCALL_REPORTS, PUBLISHES = SYSCALL_PUBLISHES, ENDS = SYSCALL_ENDS,
};
enum { SERVER, CLIENT, ANY = -1, FIRST_EXTENSION = 0x8000 };

static const struct row {
	unsigned number;
	const char *name, *takes, *gives;
	unsigned flags;
	const char *takes_names, *gives_names;
} rows[] = {
#define SYSCALL(number, name, takes, gives, flags, rights, ...) { number, #name, takes, gives, flags, __VA_ARGS__ },
#include "wasi/syscalls.def"
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct frame_row {
	unsigned type;
	const char *name;
	int receiver, body;
	const char *says;
} frames[] = {
#define FRAME(type, name, receiver, body, says) { type, #name, receiver, body, says },
#include "server/wire/frames.def"
};
enum { FRAMES = sizeof frames / sizeof *frames };

static const struct value {
	const char *group, *name;
	uint64_t value;
} values[] = {
	{ "errno", "SUCCESS", WASI_OK },
#define VALUE(group, prefix, name) { #group, #name, prefix##name },
#include "values.def"
};
enum { VALUES = sizeof values / sizeof *values };

static const struct field {
	const char *layout, *name;
	size_t total, offset, size;
} fields[] = {
#define FIELD(layout, member) { #layout, #member, sizeof(wasi_##layout##_t), offsetof(wasi_##layout##_t, member), \
                                sizeof(((wasi_##layout##_t *)0)->member) },
#include "values.def"
};
enum { FIELDS = sizeof fields / sizeof *fields };

struct api {
	const char *name, *signature, *gives, *says, *errors;
};

static const struct api apis[] = {
#define API(name, signature, gives, says, errors) { #name, signature, gives, says, errors },
#include "api.def"
};
enum { APIS = sizeof apis / sizeof *apis };

static const char *const flag_names[] = {
	"LOCAL", "CHANGES", "CONSUMES", "BLOCKS", "QUIET", "WRITES", "REPORTS", "PUBLISHES", "ENDS",
};
enum { FLAGS = sizeof flag_names / sizeof *flag_names };

static const struct letter {
	char letter;
	const char *takes, *gives;
} letters[] = {
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
enum { LETTERS = sizeof letters / sizeof *letters };

/* The table contradicts itself: nothing is made from it. */
static void fail(const char *what, const char *name)
{
	fprintf(stderr, "make_tables: %s: %s\n", name, what);
	exit(1);
}

/* The next of the names, which have commas between them. */
static int name_next(const char **names, const char **name)
{
	int length = (int)strcspn(*names, ",");

	*name = *names;
	*names += length;
	*names += strspn(*names, ", ");
	return length;
}

static const struct api *api_of(const struct row *row)
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

static void check_tables(void)
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
static uint64_t hash_rows(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (int i = 0; i < ROWS; i++) {
		char line[128];
		snprintf(line, sizeof line, "%u %s %s %s %u\n", rows[i].number, rows[i].name, rows[i].takes, rows[i].gives, rows[i].flags);
		for (const char *at = line; *at; at++)
			hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	}
	return hash;
}

/* ---- for the page ---- */

static void print_js(void)
{
	printf("//# allFunctionsCalledOnLoad\n/* Made by `make tables` from wasi/syscalls.def and server/wire/frames.def; change those. The tables of calls and of frames as the\n"
	       " * page knows them. */\n\n");
	printf("/** A HELLO carries it, so that the server refuses a page that was made from another table. */\n");
	printf("export const TABLE_HASH = 0x%016" PRIx64 "n;\n\n", hash_rows());
	for (unsigned i = 0; i < FLAGS; i++)
		printf("export const %s = %u;\n", flag_names[i], 1u << i);
	printf("\n/** Numbers from here on are the gateway's own calls. */\nexport const FIRST_EXTENSION = 0x%X;\n", FIRST_EXTENSION);
	printf("\n/** name -> number */\nexport const NUMBERS = {\n");
	for (int i = 0; i < ROWS; i++)
		printf("\t%s: %u,\n", rows[i].name, rows[i].number);
	printf("};\n\n/** All rows in the order of the table; the letters are explained in wasi/syscalls.def. */\nexport const SYSCALLS = [\n");
	for (int i = 0; i < ROWS; i++)
		printf("\t{ number: %u, name: \"%s\", takes: \"%s\", gives: \"%s\", flags: %u },\n",
		       rows[i].number, rows[i].name, rows[i].takes, rows[i].gives, rows[i].flags);
	printf("];\n\n/** Frames by name: their types. */\nexport const FRAME = Object.freeze({\n");
	for (int i = 0; i < FRAMES; i++)
		printf("\t%s: 0x%02x,\n", frames[i].name, frames[i].type);
	printf("});\n\n/** Bytes of the body of those frames to the client that always have the same size, by type. */\n"
	       "export const FRAME_BODY = Object.freeze({\n");
	for (int i = 0; i < FRAMES; i++)
		if (frames[i].receiver == CLIENT && frames[i].body != ANY)
			printf("\t0x%02x: %d, // %s\n", frames[i].type, frames[i].body, frames[i].name);
	printf("});\n");
}

/* ---- for who writes JavaScript ---- */

/* In one printf two of these meet: two buffers, by turns. */
static const char *quoted(const char *of)
{
	static char text[2][32];
	static int turn;
	turn = !turn;
	snprintf(text[turn], sizeof text[turn], *of ? "`%s`" : "nothing", of);
	return text[turn];
}

static void print_api(void)
{
	printf("# Every call as a promise\n\n"
	       "`const w = await connect()` gives an object with these functions: WASI preview1's calls, arguments in preview1's order\n"
	       "without pointers and lengths. u64 are BigInt; a path is a string or a Uint8Array; descriptors, flags and sizes are numbers.\n"
	       "A call that fails rejects with `WasiError { errno, name, call }`. The errors listed are those that the call itself can give; any\n"
	       "call on a descriptor may also give `BADF`, and any call at all `NOTCAPABLE` when the program dropped the right to it.\n\n"
	       "Made by `make tables` from `wasi/syscalls.def` and `tables/api.def`. Wire: what crosses it, in the letters of the table\n"
	       "(`docs/PROTOCOL.md`).\n");
	for (int i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		const struct api *api = api_of(row);
		if (!api)
			continue;
		printf("\n## %s\n```js\nawait w.%s(%s)%s%s\n```\n%s\n\n", row->name, row->name, api->signature, *api->gives ? " // " : "",
		       api->gives, api->says);
		if (*api->errors)
			printf("Errors: %s.  \n", api->errors);
		printf("Wire: %u, takes %s, gives %s", row->number, quoted(row->takes), quoted(row->gives));
		for (unsigned bit = 0; bit < FLAGS; bit++)
			if (row->flags & 1u << bit)
				printf(", %s", flag_names[bit]);
		printf(".  \n[preview1: %s](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#%s)\n", row->name, row->name);
	}
}

/* ---- for other clients ---- */

static void json_names(const char *key, const char *of, const char *names)
{
	const char *name;

	printf("\"%s\": [", key);
	for (int i = 0; of[i]; i++) {
		int length = name_next(&names, &name);

		printf("%s[\"%c\", \"%.*s\"]", i ? ", " : "", of[i], length, name);
	}
	printf("]");
}

static void json_flags(unsigned flags)
{
	const char *between = "";

	printf("\"flags\": [");
	for (unsigned bit = 0; bit < FLAGS; bit++)
		if (flags & 1u << bit) {
			printf("%s\"%s\"", between, flag_names[bit]);
			between = ", ";
		}
	printf("]");
}

static void json_letters(void)
{
	for (int gives = 0; gives < 2; gives++) {
		const char *between = "";

		printf("\t\"%s\": {", gives ? "letters of gives" : "letters of takes");
		for (int i = 0; i < LETTERS; i++) {
			const char *says = gives ? letters[i].gives : letters[i].takes;

			if (says)
				printf("%s\"%c\": \"%s\"", between, letters[i].letter, says);
			between = says ? ", " : between;
		}
		printf("},\n");
	}
}

static void print_json(void)
{
	printf("{\n\t\"made\": \"by `make tables`; docs/PROTOCOL.md explains it\",\n\t\"wire version\": 1,\n\t\"table hash\": \"%016" PRIx64 "\",\n", hash_rows());
	json_letters();
	printf("\t\"calls\": [\n");
	for (int i = 0; i < ROWS; i++) {
		printf("\t\t{\"number\": %u, \"name\": \"%s\", ", rows[i].number, rows[i].name);
		json_names("takes", rows[i].takes, rows[i].takes_names);
		printf(", ");
		json_names("gives", rows[i].gives, rows[i].gives_names);
		printf(", ");
		json_flags(rows[i].flags);
		printf("}%s\n", i + 1 < ROWS ? "," : "");
	}
	printf("\t],\n\t\"frames\": [\n");
	for (int i = 0; i < FRAMES; i++) {
		printf("\t\t{\"type\": %u, \"name\": \"%s\", \"to\": \"%s\", ", frames[i].type, frames[i].name, frames[i].receiver == SERVER ? "server" : "client");
		if (frames[i].body != ANY)
			printf("\"body\": %d, ", frames[i].body);
		printf("\"says\": \"%s\"}%s\n", frames[i].says, i + 1 < FRAMES ? "," : "");
	}
	printf("\t],\n\t\"values\": {");
	for (int i = 0; i < VALUES; i++) {
		bool first = !i || strcmp(values[i - 1].group, values[i].group);

		if (first)
			printf("%s\n\t\t\"%s\": {", i ? "}," : "", values[i].group);
		printf("%s\"%s\": %" PRIu64, first ? "" : ", ", values[i].name, values[i].value);
	}
	printf("}\n\t},\n\t\"layouts\": {");
	for (int i = 0; i < FIELDS; i++) {
		bool first = !i || strcmp(fields[i - 1].layout, fields[i].layout);

		if (first)
			printf("%s\n\t\t\"%s\": {\"bytes\": %zu, \"fields\": [", i ? "]}," : "", fields[i].layout, fields[i].total);
		printf("%s{\"name\": \"%s\", \"offset\": %zu, \"bytes\": %zu}", first ? "" : ", ", fields[i].name, fields[i].offset, fields[i].size);
	}
	printf("]}\n\t}\n}\n");
}

/* ---- tables of docs/PROTOCOL.md ---- */

static void table_names(const char *of, const char *names)
{
	const char *name;

	for (int i = 0; of[i]; i++) {
		int length = name_next(&names, &name);

		printf("%s`%c` %.*s", i ? " · " : "", of[i], length, name);
	}
}

static void table_calls(void)
{
	printf("| number | call | takes | gives | flags |\n|---|---|---|---|---|\n");
	for (int i = 0; i < ROWS; i++) {
		printf(rows[i].number < FIRST_EXTENSION ? "| %u | %s | " : "| 0x%X | %s | ", rows[i].number, rows[i].name);
		table_names(rows[i].takes, rows[i].takes_names);
		printf(" | ");
		table_names(rows[i].gives, rows[i].gives_names);
		printf(" |");
		for (unsigned bit = 0; bit < FLAGS; bit++)
			if (rows[i].flags & 1u << bit)
				printf(" %s", flag_names[bit]);
		printf(" |\n");
	}
}

static void table_letters(void)
{
	printf("| letter | as an argument | in a result |\n|---|---|---|\n");
	for (int i = 0; i < LETTERS; i++)
		printf("| `%c` | %s | %s |\n", letters[i].letter, letters[i].takes ? letters[i].takes : "", letters[i].gives ? letters[i].gives : "");
}

static void table_frames(void)
{
	printf("| type | name | sent to | body, bytes | |\n|---|---|---|---|---|\n");
	for (int i = 0; i < FRAMES; i++) {
		printf("| `%02x` | %s | %s | ", frames[i].type, frames[i].name, frames[i].receiver == SERVER ? "server" : "client");
		if (frames[i].body != ANY)
			printf("%d ", frames[i].body);
		printf("| %s |\n", frames[i].says);
	}
}

static void table_errnos(void)
{
	for (int i = 0; i < VALUES && !strcmp(values[i].group, "errno"); i++)
		printf("%s%" PRIu64 " %s", !i ? "" : i % 8 ? " · " : " ·\n", values[i].value, values[i].name);
	printf("\n");
}

static void table_values(void)
{
	printf("| | |\n|---|---|");
	for (int i = 0; i < VALUES; i++) {
		bool first = !i || strcmp(values[i - 1].group, values[i].group);

		if (!strcmp(values[i].group, "errno"))
			continue;
		if (first)
			printf("%s\n| %s | ", i && strcmp(values[i - 1].group, "errno") ? " |" : "", values[i].group);
		printf(values[i].value > 99 ? "%s0x%" PRIX64 " %s" : "%s%" PRIu64 " %s", first ? "" : " · ", values[i].value, values[i].name);
	}
	printf(" |\n");
}

static void table_layouts(void)
{
	printf("| layout | bytes | offset `type` field |\n|---|---|---|");
	for (int i = 0; i < FIELDS; i++) {
		bool first = !i || strcmp(fields[i - 1].layout, fields[i].layout);

		if (first)
			printf("%s\n| %s | %zu | ", i ? " |" : "", fields[i].layout, fields[i].total);
		printf("%s%zu `u%zu` %s", first ? "" : " · ", fields[i].offset, 8 * fields[i].size, fields[i].name);
	}
	printf(" |\n");
}

static void table_hash(void)
{
	printf("This version's hash is `0x%016" PRIx64 "`: on the wire `", hash_rows());
	for (int i = 0; i < 8; i++)
		printf("%s%02x", i ? " " : "", (unsigned)(hash_rows() >> 8 * i & 0xFF));
	printf("`. The first line that goes into it is `%u %s %s %s %u\\n`\n(an empty list of letters leaves two spaces), the last one `%u %s %s %s %u\\n`.\n",
	       rows[0].number, rows[0].name, rows[0].takes, rows[0].gives, rows[0].flags, rows[ROWS - 1].number, rows[ROWS - 1].name,
	       rows[ROWS - 1].takes, rows[ROWS - 1].gives, rows[ROWS - 1].flags);
	printf("`flags` is the sum of");
	for (unsigned bit = 0; bit < FLAGS; bit++)
		printf("%s %u %s", bit ? "," : "", 1u << bit, flag_names[bit]);
	printf(".\n");
}

static const struct table {
	const char *name;
	void (*print)(void);
} tables[] = {
	{ "calls", table_calls }, { "letters", table_letters }, { "frames", table_frames }, { "errnos", table_errnos },
	{ "values", table_values }, { "layouts", table_layouts }, { "hash", table_hash },
};
enum { TABLES = sizeof tables / sizeof *tables };

/* Copies the document, and between "<!-- table: NAME -->" and "<!-- end -->" puts the table of that name. */
static void print_protocol(void)
{
	static const char mark[] = "<!-- table: ";
	FILE *document = fopen("docs/PROTOCOL.md", "r");
	char line[4096];
	bool skips = false;
	int made = 0;

	if (!document)
		fail("can't be read", "docs/PROTOCOL.md");
	while (fgets(line, sizeof line, document)) {
		skips = skips && strcmp(line, "<!-- end -->\n");
		if (!skips)
			fputs(line, stdout);
		if (strncmp(line, mark, sizeof mark - 1))
			continue;
		for (int i = 0; i < TABLES; i++)
			if (!strncmp(line + sizeof mark - 1, tables[i].name, strlen(tables[i].name))) {
				tables[i].print();
				made++;
			}
		skips = true;
	}
	fclose(document);
	if (made != TABLES || skips)
		fail("not every table has its marks, once", "docs/PROTOCOL.md");
}

int main(int argc, char **argv)
{
	static const struct table outputs[] = { { "js", print_js }, { "api", print_api }, { "json", print_json }, { "protocol", print_protocol } };

	check_tables();
	for (size_t i = 0; argc == 2 && i < sizeof outputs / sizeof *outputs; i++)
		if (!strcmp(argv[1], outputs[i].name)) {
			outputs[i].print();
			return 0;
		}
	fprintf(stderr, "usage: make_tables js|api|json|protocol\n");
	return 2;
}
