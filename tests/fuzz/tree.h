/* A tree of real folders for the fuzzers of wasi/: filled anew for every input, with a canary beside it that no input may reach.
 *
 *   root/    read-write, given to guests as /        frozen/  read-only, /ro
 *   other/   read-write, /other                      outside/ given to nobody
 *   scratch/ the parent of /tmp
 * A broken promise ends the process, so that the fuzzer keeps the input. */
#ifndef FUZZ_TREE_H
#define FUZZ_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/wasi.h"

enum { TREE_ROOT = 3, TREE_FROZEN = 4, TREE_OTHER = 5, TREE_TMP = 6 }; /* handles */

struct tree {
	int base, root, frozen, other, outside, scratch;
};

/* Makes the folders in $TMPDIR; they are removed when the process ends. Gives up on the process if it can't. */
void tree_make(struct tree *tree);
/* Files, folders, links of every kind and a FIFO in root and other. */
void tree_fill(const struct tree *tree);
/* Empties root and other again. */
void tree_wipe(const struct tree *tree);

/* A guest with the tree's grants and small limits. */
struct guest *tree_guest(const struct tree *tree);

/* Aborts unless outside and frozen are exactly as they were made and the scratch folder is empty. */
void tree_check(const struct tree *tree);
/* Aborts if bytes that went to a guest hold what lies outside. */
void tree_check_bytes(const uint8_t *bytes, size_t length);

/* Says what was broken, and aborts. */
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
