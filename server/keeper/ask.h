/* The client's end of the control socket: finds a running gateway of this user, sends questions and reads answers, one JSON
 * object a line. Leaves to others: finding the gateway (running.h), what is asked and printed (subcommands.c, pair.c). */
#ifndef SERVER_KEEPER_ASK_H
#define SERVER_KEEPER_ASK_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "control.h"

cJSON *ask_new(const char *what); /* {"do": what} */
bool ask_send(int fd, cJSON *question); /* takes question */
/* The next line, parsed (yours, and its text in `line`). NULL: the gateway has gone, or sent nothing for five seconds. */
cJSON *ask_read(int fd, char line[CONTROL_LINE_MAX]);

/* A field of an answer; "" and 0 if it has none. */
const char *ask_text(const cJSON *of, const char *key);
double ask_number(const cJSON *of, const char *key);
bool ask_is(const cJSON *answer, const char *event);

/* Prints it to stderr; returns exit_code. */
int ask_fail(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
