/* What of the network a program reaches, by its page's HELLO. Leaves to others: the user's rules (dialer/judge.h). */
#ifndef SERVER_PROGRAM_REACH_H
#define SERVER_PROGRAM_REACH_H

#include <stdbool.h>

struct hello;
struct program;
struct session;

/* What its page keeps it to: never more than the user allows (the dialer sees to it). False: *failed is no rule. */
bool reach_of_hello(struct program *program, struct session *session, const struct hello *hello, const char **failed);

#endif
