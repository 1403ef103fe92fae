/* Tells a program from others, so that the gateway can remember things of it between starts: a digest of the name that its page
 * gives it, its argv[0], and the grants that its page asked for. Leaves to others: what is remembered (profiles.h,
 * foresight.h). */
#ifndef SERVER_PROGRAM_IDENTITY_H
#define SERVER_PROGRAM_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hello;
struct program;

/* A digest of texts. */
struct mixture {
	char *bytes;
	size_t length;
	FILE *stream;
};
/* False: no memory. */
bool mixture_begin(struct mixture *mixture);
void mix(struct mixture *mixture, const char *part);
/* Ends it, and gives the first `size` bytes of the digest. */
void mixture_end(struct mixture *mixture, uint8_t *key, size_t size);

/* Its argv[0]: the page's, or the gateway's own; lent by either. */
const char *identity_name(const struct program *program, const struct hello *hello);
/* False: no memory. */
bool identity_of(const struct hello *hello, const char *name, uint8_t *key, size_t size);

#endif
