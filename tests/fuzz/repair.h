/* A mutator for bytes that say their own length: after libFuzzer changed them, most of the time the lengths are made true again
 * and handles small, so that what lies behind the length checks is met too; the rest of the time they are left wrong, which meets
 * the checks. */
#ifndef FUZZ_REPAIR_H
#define FUZZ_REPAIR_H

#include <stddef.h>
#include <stdint.h>

/* From libFuzzer. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t room);

/* A stream of frames as docs/PROTOCOL.md, Frames, has it; `seed` chooses what is repaired. Never makes it longer. */
void repair_frames(uint8_t *bytes, size_t length, unsigned seed);

#endif
