/* `make tables`: prints what is made from the tables of calls, errors and frames: wasi/syscalls.def, wasi/errnos.def,
 * server/wire/frames.def:
 *   make_tables js        syscalls.js of the shim: the tables for the page, and the hash
 *   make_tables inspector tables.js of the inspector: the debugger's frames, and what errors mean
 *   make_tables api       docs/API.md, each call as JavaScript sees it (the words come from api.def beside this file)
 *   make_tables json      docs/syscalls.json, the tables for other clients, with preview1's numbers (values.def)
 *   make_tables protocol  docs/PROTOCOL.md, which it reads, with the tables between its marks made anew
 * Leaves to others: what a call does, and how it looks on the wire. */
#include "tables.h"

/* ---- for the page ---- */

static void print_js(void)
{
	printf("//# allFunctionsCalledOnLoad\n/* Made by `make tables` from wasi/syscalls.def, wasi/errnos.def and "
		"server/wire/frames.def; change those. The tables of calls,\n"
	       " * errors and frames as the page knows them. */\n\n");
	printf("/** A HELLO carries it, so that the server refuses a page that was made from another table. */\n");
	printf("export const TABLE_HASH = 0x%016" PRIx64 "n;\n\n", hash_rows());
	for (unsigned i = 0; i < FLAGS; i++)
		printf("export const %s = %u;\n", flag_names[i], 1u << i);
	printf("\n/** Numbers from here on are the gateway's own calls. */\nexport const FIRST_EXTENSION = 0x%X;\n", FIRST_EXTENSION);
	printf("\n/** name -> number */\nexport const NUMBERS = {\n");
	for (int i = 0; i < ROWS; i++)
		printf("\t%s: %u,\n", rows[i].name, rows[i].number);
	printf("};\n\n/** All rows in the order of the table; the letters are explained in wasi/syscalls.def. */\n"
		"export const SYSCALLS = [\n");
	for (int i = 0; i < ROWS; i++)
		printf("\t{ number: %u, name: \"%s\", takes: \"%s\", gives: \"%s\", flags: %u },\n",
		       rows[i].number, rows[i].name, rows[i].takes, rows[i].gives, rows[i].flags);
	printf("];\n\n/** preview1's errors by number. */\nexport const ERRNO_NAMES = (\"SUCCESS");
	for (int i = 1; i < ERRNOS; i++)
		printf(i % 12 ? " %s" : " \" +\n\t\"%s", values[i].name);
	printf("\").split(\" \");\n\n/** Frames by name: their types. */\nexport const FRAME = Object.freeze({\n");
	for (int i = 0; i < FRAMES; i++)
		printf("\t%s: 0x%02x,\n", frames[i].name, frames[i].type);
	printf("});\n\n"
	       "/** The fields of those frames to the client that always have the same, by type: letters as in a call's results. */\n"
	       "export const FRAME_FIELDS = Object.freeze({\n");
	for (int i = 0; i < FRAMES; i++)
		if (frames[i].receiver == CLIENT && frames[i].fields != ANY)
			printf("\t0x%02x: \"%s\", // %s\n", frames[i].type, frames[i].fields, frames[i].name);
	printf("});\n");
}

/* ---- for the inspector ---- */

static void print_inspector(void)
{
	printf("/* Made by `make tables` from server/wire/frames.def and wasi/errnos.def; change those. The debugger's frames, and "
		"what errors mean. */\n\n");
	for (int receiver = SERVER; receiver <= DEBUGGER; receiver += DEBUGGER - SERVER) {
		printf("export const %s = Object.freeze({\n", receiver == SERVER ? "TO_SERVER" : "TO_DEBUGGER");
		for (int i = 0; i < DEBUG_FRAMES; i++)
			if (debug_frames[i].receiver == receiver)
				printf("\t%s: 0x%02x,\n", debug_frames[i].name, debug_frames[i].type);
		printf("});\n\n");
	}
	printf("/** By number. */\nexport const ERRNO_MEANINGS = [\n");
	for (int i = 0; i < ERRNOS; i++)
		printf("\t\"%s\",\n", errno_meanings[i]);
	printf("];\n");
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
	       "`const w = await connect()` gives an object with these functions: WASI preview1's calls, arguments in preview1's "
	       "order\n"
	       "without pointers and lengths. u64 are BigInt; a path is a string or a Uint8Array; descriptors, flags and sizes are "
	       "numbers.\n"
	       "A call that fails rejects with `WasiError { errno, name, call }`. The errors listed are those that the call itself "
	       "can give; any\n"
	       "call on a descriptor may also give `BADF`, and any call at all `NOTCAPABLE` when the program dropped the right to "
	       "it.\n\n"
	       "Made by `make tables` from `wasi/syscalls.def` and `tables/api.def`. Wire: what crosses it, in the letters of the "
	       "table\n"
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
		printf(".  \n[preview1: %s](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#%s)\n", row->name,
			row->name);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} outputs[] = { { "js", print_js }, { "inspector", print_inspector }, { "api", print_api }, { "json", print_json },
		{ "protocol", print_protocol } };

	check_tables();
	for (size_t i = 0; argc == 2 && i < sizeof outputs / sizeof *outputs; i++)
		if (!strcmp(argv[1], outputs[i].name)) {
			outputs[i].print();
			return 0;
		}
	fprintf(stderr, "usage: make_tables js|inspector|api|json|protocol\n");
	return 2;
}
