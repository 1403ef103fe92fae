/* The tables for other clients: docs/syscalls.json, and the tables of docs/PROTOCOL.md. */
#include "tables.h"

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

void print_json(void)
{
	printf("{\n\t\"made\": \"by `make tables`; docs/PROTOCOL.md explains it\",\n\t\"wire version\": 1,\n"
		"\t\"table hash\": \"%016" PRIx64 "\",\n", hash_rows());
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
		printf("\t\t{\"type\": %u, \"name\": \"%s\", \"to\": \"%s\", ", frames[i].type, frames[i].name,
			frames[i].receiver == SERVER ? "server" : "client");
		if (frames[i].fields != ANY) {
			json_names("fields", frames[i].fields, frames[i].fields_names);
			printf(", ");
		}
		printf("\"says\": \"%s\"}%s\n", frames[i].says, i + 1 < FRAMES ? "," : "");
	}
	printf("\t],\n\t\"debugger frames\": [\n");
	for (int i = 0; i < DEBUG_FRAMES; i++)
		printf("\t\t{\"type\": %u, \"name\": \"%s\", \"to\": \"%s\", \"says\": \"%s\"}%s\n", debug_frames[i].type,
		       debug_frames[i].name,
			debug_frames[i].receiver == SERVER ? "server" : "debugger", debug_frames[i].says, i + 1 < DEBUG_FRAMES ? "," : "");
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
		printf("%s{\"name\": \"%s\", \"offset\": %zu, \"bytes\": %zu}", first ? "" : ", ", fields[i].name, fields[i].offset,
			fields[i].size);
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

/* "0", "ALL", "FD_READ | FD_WRITE", or "BOTH(FD_READ, FD_WRITE)". A bar would end the table's cell. */
static void table_rights(const char *rights)
{
	const char *both = strchr(rights, '(');

	if (!strcmp(rights, "0") || !strcmp(rights, "ALL")) {
		printf("%s", *rights == '0' ? "" : "all");
		return;
	}
	for (const char *at = both ? both + 1 : rights; *at && *at != ')'; at++)
		printf(*at == '|' ? "and" : "%c", *at);
}

static void table_calls(void)
{
	printf("| number | call | takes | gives | flags | rights |\n|---|---|---|---|---|---|\n");
	for (int i = 0; i < ROWS; i++) {
		printf(rows[i].number < FIRST_EXTENSION ? "| %u | %s | " : "| 0x%X | %s | ", rows[i].number, rows[i].name);
		table_names(rows[i].takes, rows[i].takes_names);
		printf(" | ");
		table_names(rows[i].gives, rows[i].gives_names);
		printf(" |");
		for (unsigned bit = 0; bit < FLAGS; bit++)
			if (rows[i].flags & 1u << bit)
				printf(" %s", flag_names[bit]);
		printf(" | ");
		table_rights(rows[i].rights);
		printf(" |\n");
	}
}

static void table_letters(void)
{
	printf("| letter | as an argument | in a result |\n|---|---|---|\n");
	for (int i = 0; i < LETTERS; i++)
		printf("| `%c` | %s | %s |\n", letters[i].letter, letters[i].takes ? letters[i].takes : "",
			letters[i].gives ? letters[i].gives : "");
}

static void table_frames(void)
{
	printf("| type | name | sent to | fields | |\n|---|---|---|---|---|\n");
	for (int i = 0; i < FRAMES; i++) {
		printf("| `%02x` | %s | %s | ", frames[i].type, frames[i].name, frames[i].receiver == SERVER ? "server" : "client");
		if (frames[i].fields != ANY)
			table_names(frames[i].fields, frames[i].fields_names);
		if (frames[i].fields != ANY && !*frames[i].fields)
			printf("none");
		printf(" | %s |\n", frames[i].says);
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
		printf(values[i].value > 99 ? "%s0x%" PRIX64 " %s" : "%s%" PRIu64 " %s", first ? "" : " · ", values[i].value,
			values[i].name);
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
	printf("`. The first line that goes into it is `%u %s %s %s %u\\n`\n(an empty list of letters leaves two spaces), the last "
		"one `%u %s %s %s %u\\n`.\n",
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

void print_protocol(void)
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
