/* What happens outside the gateway while programs run, for fuzz_dispatch.c: peers of a listening socket, the other ends of a
 * FIFO, somebody who makes and removes a file. */
#ifndef FUZZ_OUTSIDE_H
#define FUZZ_OUTSIDE_H

#include "input.h"

/* Returns a socket that listens. root: the folder with the FIFO `p`. */
int outside_open(int root);
/* One thing happens, as the input says. */
void outside_acts(struct input *input);
/* Closes everything, and forgets peers that were never accepted: they would be the next input's. */
void outside_close(void);

#endif
