/* Batches as they come from the wire, decoded by the codec and executed by a real guest on real folders: each call's arguments,
 * handles, paths, parking. The first byte chooses how paths are resolved and where calls run. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "server/wire/hello.h"
#include "repair.h"
#include "tree.h"

enum { PARKED_MAX = 8, CALLS_MAX = 200 };

struct parked {
	struct call call;
	uint8_t *reply;
};

static struct tree tree;
static struct parked parked[PARKED_MAX];
static unsigned parked_count;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	tree_make(&tree);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed)
{
	length = LLVMFuzzerMutate(bytes, length, room);
	if (length > 1 && seed % 8)
		repair_frames(bytes + 1, length - 1, seed);
	return length;
}

static void must_be_promised(const struct call *call, size_t bound)
{
	tree_check_bytes(call->reply, call->reply_length);
	if (call->reply_length > bound)
		broken("%s gave %u bytes, more than its bound", call->row->name, call->reply_length);
	if (call->error && call->reply_length && !(call->row->flags & SYSCALL_WRITES)) /* a quiet one tells what was written */
		broken("%s failed and gave bytes", call->row->name);
	if (call->error > WASI_ENOTCAPABLE)
		broken("%s gave errno %u, which there isn't", call->row->name, call->error);
}

/* As the dispatcher does: a parked call runs again, or is cancelled when its handle ends. False: hang up. */
static bool parked_again(struct guest *guest, unsigned i, bool cancel)
{
	struct parked *one = &parked[i];
	enum call_state state = CALL_DONE;

	if (cancel)
		guest_call_cancel(guest, &one->call);
	else {
		/* What it lends must be there until then. */
		for (size_t k = 0; k < one->call.wait.fds_count; k++)
			if (one->call.wait.fds[k].fd < -1)
				broken("%s waits for descriptor %d", one->call.row->name, one->call.wait.fds[k].fd);
		state = guest_call(guest, &one->call);
	}
	if (state != CALL_DONE)
		return true;
	if (!cancel)
		must_be_promised(&one->call, call_reply_bound(guest, &one->call));
	free(one->reply);
	*one = parked[--parked_count];
	return cancel || !one->call.bad_handle;
}

static void end_handle(struct guest *guest, const struct call *call)
{
	wasi_handle_t handle;

	if (!(call->row->flags & SYSCALL_ENDS) || !codec_call_handle(call, true, &handle))
		return;
	for (unsigned i = parked_count; i-- > 0;)
		if (codec_call_names(&parked[i].call, handle))
			parked_again(guest, i, true);
}

static bool is_behind(const struct call *call)
{
	wasi_handle_t handle;

	if (!(call->row->flags & SYSCALL_CONSUMES) || !codec_call_handle(call, false, &handle))
		return false;
	for (unsigned i = 0; i < parked_count; i++)
		if (parked[i].call.row->flags & SYSCALL_CONSUMES && codec_call_names(&parked[i].call, handle))
			return true;
	return false;
}

/* False: hang up. */
static bool run(struct guest *guest, struct call *call, bool loop_first, bool *failed)
{
	size_t bound = call_reply_bound(guest, call);
	enum call_state state = CALL_ELSEWHERE;

	*failed = false;
	if (is_behind(call))
		return true;
	end_handle(guest, call);
	call->reply = malloc(bound); /* not a byte more: the sanitizer sees what goes past it */
	if (loop_first)
		state = guest_call(guest, call);
	call->may_block = true;
	if (state == CALL_ELSEWHERE)
		state = guest_call(guest, call);
	if (state == CALL_ELSEWHERE)
		broken("%s wants to be elsewhere on a thread", call->row->name);
	if (state == CALL_PARKED) {
		if (call->flags & CALL_LINK || parked_count == PARKED_MAX) {
			guest_call_cancel(guest, call);
			*failed = true;
		} else {
			parked[parked_count++] = (struct parked){ *call, call->reply };
			return true;
		}
	} else {
		must_be_promised(call, bound);
		*failed = call->error;
	}
	free(call->reply);
	return !call->bad_handle;
}

static bool batch(struct guest *guest, const struct frame *frame, bool loop_first, unsigned *budget)
{
	const uint8_t *at, *end;
	uint32_t sequence, seen, code;
	bool skipping = false, failed;

	if (!codec_batch(frame, &sequence, &seen, &at, &end))
		return false;
	for (unsigned i = 0; i < frame->count && (*budget)-- > 0; i++) {
		struct call call;
		uint16_t flags;

		switch (codec_call_next(&at, end, &call, &flags)) {
		case CODEC_CALL_BAD:
			return false;
		case CODEC_CALL_UNKNOWN:
			skipping = flags & CALL_LINK && skipping;
			continue;
		case CODEC_CALL_OK:
			break;
		}
		if (skipping) {
			skipping = flags & CALL_LINK;
			if (!guest_call_skipped(guest, &call))
				return false;
			continue;
		}
		if (!run(guest, &call, loop_first, &failed))
			return false;
		skipping = failed && flags & CALL_LINK;
		if (parked_count && !parked_again(guest, i % parked_count, false))
			return false;
	}
	return at == end && *budget && !guest_exited(guest, &code);
}

static void hello(const struct frame *frame)
{
	struct hello hello;

	codec_hello(frame, &hello);
	hello_clear(&hello);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes + 1, *end = bytes + length;
	struct guest *guest;
	struct frame frame;
	unsigned budget = CALLS_MAX;
	bool go_on = true;

	if (length < 1)
		return 0;
	wasi_resolver_set(bytes[0] & 1 ? WASI_RESOLVER_WALK : WASI_RESOLVER_OPENAT2);
	tree_fill(&tree);
	guest = tree_guest(&tree);
	while (go_on && codec_frame_next(&at, end, &frame)) {
		switch (frame.type) {
		case FRAME_HELLO:
			hello(&frame);
			break;
		case FRAME_BATCH:
			go_on = batch(guest, &frame, bytes[0] & 2, &budget);
			break;
		case FRAME_STDIN:
			go_on = guest_stdin_push(guest, frame.body, frame.length);
			if (frame.flags & STDIN_MARK)
				guest_stdin_mark(guest);
			if (frame.flags & STDIN_EOF)
				guest_stdin_close(guest);
			break;
		default:
			go_on = false;
		}
	}
	while (parked_count)
		parked_again(guest, 0, true);
	guest_free(guest);
	tree_check(&tree);
	tree_wipe(&tree);
	return 0;
}
