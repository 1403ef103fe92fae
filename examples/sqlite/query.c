/* Runs the SQL on standard input on a database file: query.wasm FILE. Prints one JSON object a line for each statement that has
 * columns, {"columns":[…],"rows":[[…],…]}, and at an error {"error":"…"} and ends with 1. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>

#include "locks.h"

enum { SQL_MAX = 1 << 20, BUSY_MS = 10000 /* others may be writing for so long */ };

static void print_text(const unsigned char *text, int length)
{
	putchar('"');
	for (int i = 0; i < length; i++)
		if (text[i] == '"' || text[i] == '\\')
			printf("\\%c", text[i]);
		else if (text[i] < 0x20)
			printf("\\u%04x", text[i]);
		else
			putchar(text[i]);
	putchar('"');
}

static void print_value(sqlite3_stmt *statement, int column)
{
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_NULL:
		printf("null");
		return;
	case SQLITE_BLOB:
		printf("\"blob of %d bytes\"", sqlite3_column_bytes(statement, column));
		return;
	case SQLITE_TEXT:
		print_text(sqlite3_column_text(statement, column), sqlite3_column_bytes(statement, column));
		return;
	default: /* as text, since JavaScript's numbers would round the long ones */
		printf("\"%s\"", sqlite3_column_text(statement, column));
	}
}

static int fail(sqlite3 *database)
{
	const char *message = sqlite3_errmsg(database);
	int length = 0;

	while (message[length])
		length++;
	printf("{\"error\":");
	print_text((const unsigned char *)message, length);
	printf("}\n");
	return 1;
}

/* One statement, to its end. SQLITE_DONE, or an error. */
static int run(sqlite3_stmt *statement)
{
	int columns = sqlite3_column_count(statement), state = sqlite3_step(statement);

	if (columns == 0)
		return state;
	printf("{\"columns\":[");
	for (int i = 0; i < columns; i++) {
		const char *name = sqlite3_column_name(statement, i);
		int length = 0;

		while (name[length])
			length++;
		printf(i ? "," : "");
		print_text((const unsigned char *)name, length);
	}
	printf("],\"rows\":[");
	for (bool first = true; state == SQLITE_ROW; state = sqlite3_step(statement), first = false) {
		printf(first ? "[" : ",[");
		for (int i = 0; i < columns; i++) {
			printf(i ? "," : "");
			print_value(statement, i);
		}
		printf("]");
	}
	printf("]}\n");
	return state;
}

int main(int argc, char **argv)
{
	static char sql[SQL_MAX];
	const char *rest = sql;
	sqlite3 *database = NULL;

	sql[fread(sql, 1, sizeof sql - 1, stdin)] = 0;
	if (argc != 2 || locks_vfs_register() != SQLITE_OK || sqlite3_open(argv[1], &database) != SQLITE_OK)
		return fail(database);
	sqlite3_busy_timeout(database, BUSY_MS);
	while (*rest) {
		sqlite3_stmt *statement;
		int state;

		if (sqlite3_prepare_v2(database, rest, -1, &statement, &rest) != SQLITE_OK)
			return fail(database);
		if (!statement)
			continue; /* a comment, or blanks */
		state = run(statement);
		sqlite3_finalize(statement);
		if (state != SQLITE_DONE)
			return fail(database);
	}
	return sqlite3_close(database) == SQLITE_OK ? 0 : fail(database);
}
