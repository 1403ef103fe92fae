/* `make tables`: prints what is made from the table of calls, wasi/syscalls.def:
 *   make_tables js   static/shim/syscalls.js, the table for the page and its hash
 *   make_tables api  docs/API.md, each call as JavaScript sees it (the words come from api.def beside this file)
 * Leaves to others: what a call does, and how it looks on the wire. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../wasi/syscalls.h"

enum {
	LOCAL = SYSCALL_LOCAL, CHANGES = SYSCALL_CHANGES, CONSUMES = SYSCALL_CONSUMES, BLOCKS = SYSCALL_BLOCKS,
	QUIET = SYSCALL_QUIET, WRITES = SYSCALL_WRITES, REPORTS = SYSCALL_REPORTS, PUBLISHES = SYSCALL_PUBLISHES, ENDS = SYSCALL_ENDS,
};

struct row {
	unsigned number;
	const char *name, *takes, *gives;
	unsigned flags;
};

static const struct row rows[] = {
#define SYSCALL(number, name, takes, gives, flags, ...) { number, #name, takes, gives, flags },
#include "../wasi/syscalls.def"
};
enum { ROWS = sizeof rows / sizeof *rows };

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

static void print_js(void)
{
	printf("//# allFunctionsCalledOnLoad\n/* Made by `make tables` from wasi/syscalls.def; change that. The table of calls as the page knows it. */\n\n");
	printf("/** The hello carries it: a page made from another table is told so. */\n");
	printf("export const TABLE_HASH = 0x%016" PRIx64 "n;\n\n", hash_rows());
	for (unsigned i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
		printf("export const %s = %u;\n", flag_names[i], 1u << i);
	printf("\n/** name -> number */\nexport const NUMBERS = {\n");
	for (int i = 0; i < ROWS; i++)
		printf("\t%s: %u,\n", rows[i].name, rows[i].number);
	printf("};\n\n/** All rows in the order of the table; the letters are explained in wasi/syscalls.def. */\nexport const SYSCALLS = [\n");
	for (int i = 0; i < ROWS; i++)
		printf("\t{ number: %u, name: \"%s\", takes: \"%s\", gives: \"%s\", flags: %u },\n",
		       rows[i].number, rows[i].name, rows[i].takes, rows[i].gives, rows[i].flags);
	printf("];\n");
}

/* In one printf two of these meet: two buffers, by turns. */
static const char *letters(const char *of)
{
	static char text[2][32];
	static int turn;
	turn = !turn;
	snprintf(text[turn], sizeof text[turn], *of ? "`%s`" : "nothing", of);
	return text[turn];
}

static int print_api(void)
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
		const struct api *api = NULL;
		for (int k = 0; k < APIS && !api; k++)
			if (!strcmp(apis[k].name, row->name))
				api = &apis[k];
		if (!api && row->number >= 0x8000)
			continue; /* extensions are between shim and server */
		if (!api) {
			fprintf(stderr, "api.def has no row for %s\n", row->name);
			return 1;
		}
		printf("\n## %s\n```js\nawait w.%s(%s)%s%s\n```\n%s\n\n", row->name, row->name, api->signature, *api->gives ? " // " : "",
		       api->gives, api->says);
		if (*api->errors)
			printf("Errors: %s.  \n", api->errors);
		printf("Wire: %u, takes %s, gives %s", row->number, letters(row->takes), letters(row->gives));
		for (unsigned bit = 0; bit < sizeof flag_names / sizeof *flag_names; bit++)
			if (row->flags & 1u << bit)
				printf(", %s", flag_names[bit]);
		printf(".  \n[preview1: %s](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#%s)\n", row->name, row->name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "js"))
		return print_js(), 0;
	if (argc == 2 && !strcmp(argv[1], "api"))
		return print_api();
	fprintf(stderr, "usage: make_tables js|api\n");
	return 2;
}
