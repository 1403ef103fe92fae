/* Learns on the loop of changes that end leases. Breaks go before every answer; a program that makes no call is told that a BREAK
 * is pending. Leaves to others: what is leased and watched (wasi/). */
#ifndef SERVER_PROGRAM_LEASES_H
#define SERVER_PROGRAM_LEASES_H

#include <stdbool.h>

struct gateway;
struct message;
struct program;

/* Before the process is locked in: makes what hears. Without it there are no leases. */
void leases_open(void);
void leases_start(struct gateway *gateway);
void leases_stop(void);

/* Before an answer leaves: a BREAK frame with what was broken before it was made; NULL: nothing, or *failed. Gives it. */
struct message *leases_broken(struct program *program, bool *failed);

#endif
