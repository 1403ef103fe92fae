/* The tables of calls and frames as data, checked, and what is printed of them. */
#ifndef TABLES_TABLES_H
#define TABLES_TABLES_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY NULL
enum { SERVER, CLIENT, DEBUGGER, FIRST_EXTENSION = 0x8000, FLAGS = 10 };

struct row {
	unsigned number;
	const char *name, *takes, *gives;
	unsigned flags;
	const char *rights; /* as the table has them */
	const char *takes_names, *gives_names;
};
struct frame_row {
	unsigned type;
	const char *name;
	int receiver;
	const char *fields, *fields_names; /* letters, or ANY */
	const char *says;
};
struct value {
	const char *group, *name;
	uint64_t value;
};
struct field {
	const char *layout, *name;
	size_t total, offset, size;
};
struct letter {
	char letter;
	const char *takes, *gives; /* what it is as an argument, in a result; NULL: it is none */
};
struct api {
	const char *name, *signature, *gives, *says, *errors;
};

extern const struct row rows[];
extern const struct frame_row frames[], debug_frames[];
extern const struct value values[];
extern const struct field fields[];
extern const struct letter letters[];
extern const char *const flag_names[FLAGS];
extern const char *const errno_meanings[]; /* by number */
extern const int ROWS, FRAMES, DEBUG_FRAMES, ERRNOS, VALUES, FIELDS, LETTERS;

/* The table contradicts itself: says so and ends. */
_Noreturn void fail(const char *what, const char *name);
/* Ends unless every row has as many names as letters, and its words in api.def. */
void check_tables(void);
/* The next of the names, which have commas between them: its length. */
int name_next(const char **names, const char **name);
/* The row of api.def. NULL: an extension, which is between shim and server. */
const struct api *api_of(const struct row *row);
uint64_t hash_rows(void);

/* describe.c */
void print_json(void);
/* Copies docs/PROTOCOL.md, and between "<!-- table: NAME -->" and "<!-- end -->" puts the table of that name. */
void print_protocol(void);

#endif
