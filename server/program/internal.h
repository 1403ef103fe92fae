/* What the files that run calls share: a batch and one call of it, calls that are parked, answers. Nothing else in this room
 * calls these. */
#ifndef SERVER_PROGRAM_INTERNAL_H
#define SERVER_PROGRAM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/guest.h"
#include "program.h"

enum { PARKED_MAX = 1024, PARKED_BYTES_MAX = 8 << 20, BATCH_INLINE_MAX_NS = 2000000 };

/* ---- batch.c ---- */

/* The calls are lent by the frame. NULL: no memory. */
struct batch *batch_new(struct program *program, const struct frame *frame);
void batch_free(struct batch *batch);

/* Copies the calls that are left, with `keep` bytes before them (a call that is being parked), so that they outlive the frame. */
bool batch_own(struct batch *batch, size_t keep);

/* Room at the answer's end. False, here and below: no memory, or an answer past all bounds. */
bool batch_answer_room(struct batch *batch, size_t bytes);
/* Its calls wait: gives back the room that its answer doesn't use so far. */
void batch_fit(struct batch *batch);
bool batch_put_result(struct batch *batch, uint16_t index, uint16_t error, uint32_t length);

/* Runs it with room for its reply at the answer's end. parked: it had left the stream. */
bool batch_call_run(struct batch *batch, uint16_t index, struct call *call, const struct parked *parked, enum call_state *state);

/* Writes a done call's result, unless it is quiet and all is well. */
bool batch_call_finish(struct batch *batch, uint16_t index, struct call *call);

/* Tells the hooks of a call that doesn't run, for whatever reason. */
void batch_hooks_skipped(struct batch *batch, uint16_t index, const struct call *call);

/* ---- run.c ---- */
/* Goes on with a batch's calls. On the worker it may block; on the loop it stops where it could, or when it has taken too long.
 * It is program->running meanwhile: the program may end only after it. */
enum ran batch_run(struct batch *batch, bool on_worker);

/* ---- parked.c ---- */

/* A parked call that reads from the call's handle, and so must come first. */
struct parked *parked_on(const struct program *program, const struct call *call);

/* May one more wait, whose call has so many bytes? Each end of a handle goes through all of them. */
bool parked_takes(const struct program *program, size_t length);

/* The call leaves the stream. `length` bytes before batch->at are its own, and must outlive the message. False: no memory, or
 * nothing to watch. */
bool parked_add(struct batch *batch, const struct call *call, size_t length, bool behind);

/* Takes it out of the list and cancels its waits; the caller frees it. */
void parked_unlink(struct parked *parked);

/* Before a call ends a handle: calls that wait on it answer BADF, before the descriptor can be reused. reads_alone: before
 * its bytes go on by TLS, what waits for bytes answers CANCELED, and the handle stays. */
bool parked_end_handle(struct program *program, wasi_handle_t handle, bool reads_alone);

/* ---- answers.c ---- */

/* Sends the answer, if one is due, and ends the program if one of the calls said so. Frees the batch, or a debugger holds it. */
void batch_finish(struct batch *batch);

/* The sender on the control connection isn't the one that gets the answers. */
void dispatch_acknowledge_control(struct program *program);

/* Sends an ACK soon, or now if it acknowledges many bytes. */
void dispatch_acknowledge_later(struct program *program, size_t bytes);

#endif
