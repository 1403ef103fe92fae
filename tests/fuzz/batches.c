#include "batches.h"

#include <string.h>

#include "server/wire/codec.h"
#include "wasi/wasi.h"

enum { SECOND = 1000000000 };

static uint32_t open_handle(const struct page *page, uint8_t wish)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		unsigned slot = (wish + i) % SLOTS;

		if (page->open[slot])
			return WASI_HANDLE(slot, page->generations[slot]);
	}
	return WASI_HANDLE(wish % SLOTS, 0);
}

static uint32_t new_handle(struct page *page, uint8_t wish)
{
	for (unsigned i = 0; i < SLOTS - FIRST_FREE; i++) {
		unsigned slot = FIRST_FREE + (wish + i) % (SLOTS - FIRST_FREE);

		if (page->open[slot])
			continue;
		page->open[slot] = true;
		return WASI_HANDLE(slot, ++page->generations[slot]);
	}
	return WASI_HANDLE(wish % SLOTS, 0); /* doubled */
}

static void ended(struct page *page, uint32_t handle)
{
	unsigned slot = WASI_HANDLE_SLOT(handle);

	if (slot < SLOTS && slot > 2)
		page->open[slot] = false;
}

static uint32_t subscriptions(struct page *page, struct input *input, wasi_subscription_t subs[static 3])
{
	static const uint64_t timeouts[] = { 0, 1, 500000, 20 * (uint64_t)SECOND, UINT64_MAX };
	uint8_t what = take(input);
	uint32_t count = 1 + (what & 3) % 3;

	memset(subs, 0, 3 * sizeof *subs);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t one = take(input);

		subs[i].userdata = i;
		subs[i].tag = (one & 7) % 3;
		if (subs[i].tag == WASI_EVENTTYPE_CLOCK) {
			subs[i].clock.id = 1;
			subs[i].clock.timeout = timeouts[(one >> 3) % 5];
		} else {
			subs[i].fd.fd = open_handle(page, one >> 3);
		}
	}
	return count * (uint32_t)sizeof *subs;
}

/* Letters from the input's own bytes. */
static void wild_args(struct page *page, struct input *input, struct call *call)
{
	static uint8_t some[4];

	for (size_t i = 0; call->row->takes[i]; i++) {
		char letter = call->row->takes[i];

		if (letter == 'p' || letter == 'b') {
			call->args[i].bytes.at = memset(some, take(input), sizeof some);
			call->args[i].bytes.length = take(input) % 5;
		} else {
			call->args[i].n = letter == 'f' ? open_handle(page, take(input)) : letter == 'h' ? new_handle(page, take(input)) :
				take(input);
		}
	}
}

static struct call call_of(uint16_t number, const uint64_t *args)
{
	struct call call = { .row = syscall_find(number) };

	for (size_t i = 0; call.row->takes[i]; i++) {
		if (call.row->takes[i] == 'p' || call.row->takes[i] == 'b') {
			call.args[i].bytes.at = (const uint8_t *)(uintptr_t)*args++;
			call.args[i].bytes.length = (uint32_t)*args++;
		} else {
			call.args[i].n = *args++;
		}
	}
	return call;
}

#define CALL(name, ...) call_of(SYSCALL_##name, (uint64_t[]){ __VA_ARGS__ })
#define BYTES(bytes, length) (uintptr_t)(bytes), (length)
#define OPEN(path, oflags, rights, fdflags) \
	CALL(path_open, ROOT, 1, BYTES(path, strlen(path)), oflags, rights, 0, fdflags, new_handle(page, how))

static struct call lease_call(struct page *page, struct input *input, uint32_t handle, uint8_t how)
{
	static const uint8_t names[] = { 1, 0, 'f', 1, 0, 'g', 4, 0, 'n', 'o', 'n', 'e' };
	static const char hints[] = "d 3 100 .\nf 3 4000 f\n";
	uint8_t what = take(input);

	if (what >= 240)
		return CALL(start_hints, BYTES(hints, what & 1 ? sizeof hints - 1 : what % 8));
	if (what >= 208)
		return CALL(lease_keep, ROOT, BYTES(what & 1 ? "." : "f", 1));
	switch (what % 4) {
	case 0: return CALL(lease_file, handle);
	case 1: return CALL(lease_files, ROOT, BYTES(".", 1), 1000, BYTES(names, what & 4 ? sizeof names : 0), 4000);
	case 2: return CALL(lease_open, ROOT, BYTES("f", 1), what >> 2, new_handle(page, how));
	default: return CALL(lease_drop, what >> 2);
	}
}

/* Locks of a few ranges that meet; one that isn't there waits until another handle gives its own back, or goes. */
static struct call lock_call(struct input *input, uint32_t handle)
{
	static const uint64_t starts[] = { 0, 5, 10, UINT64_MAX - 3 }, lengths[] = { 0, 5, 10, UINT64_MAX };
	uint8_t what = take(input), where = take(input);

	return CALL(fd_lock, handle, what & 3, what >> 2 & 3, starts[where & 3], lengths[where >> 2 & 3]);
}

/* What was added after inputs were kept, behind a bit of `how` that meant nothing, so that those still say what they said. */
static struct call later_call(struct page *page, struct input *input, uint32_t handle, uint8_t how)
{
	uint8_t what = take(input);

	switch (what % 8) {
	case 0: return OPEN("g", what & 16 ? WASI_OFLAG_CREAT : 0, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE, 0);
	case 1: return CALL(fd_readdir, ROOT, what >> 4, 4000);
	case 2: return CALL(lease_name, ROOT, BYTES(what & 16 ? "f" : "none", what & 16 ? 1 : 4));
	case 3: return CALL(path_filestat_get, ROOT, 0, BYTES(what & 16 ? "f" : "p", 1));
	default: return lock_call(input, handle);
	}
}

static struct call pick_call(struct page *page, struct input *input, uint8_t what, uint8_t how)
{
	static uint8_t data[80000];
	static wasi_subscription_t subs[3];
	const uint64_t read = WASI_RIGHT_FD_READ, write = WASI_RIGHT_FD_WRITE;
	const uint32_t handle = open_handle(page, how & 15), length = how & 16 ? (how & 32 ? sizeof data : 4000) : 3;
	uint32_t other;
	struct call call;

	switch (what % 28) {
	case 0: return OPEN("f", 0, read | write, 0);
	case 1: return OPEN("f", 0, read, 0);
	case 2: case 3: return OPEN("p", 0, read, 0);
	case 4: case 5: return OPEN("p", 0, write, how & 32 ? WASI_FDFLAG_NONBLOCK : 0);
	case 6: return OPEN("missing", 0, read, 0);
	case 7: case 8: return CALL(fd_read, handle, 0, length);
	case 9: case 10: return CALL(fd_write, handle, 0, BYTES(data, length));
	case 11:
		ended(page, handle);
		return CALL(fd_close, handle);
	case 12:
		other = open_handle(page, take(input));
		if (other != handle)
			ended(page, other);
		return CALL(fd_renumber, handle, other);
	case 13: case 14: return CALL(poll_oneoff, BYTES(subs, subscriptions(page, input, subs)));
	case 15: case 16: return CALL(sock_accept, LISTENER, how & 32 ? WASI_FDFLAG_NONBLOCK : 0, new_handle(page, how));
	case 17: return CALL(sock_recv, handle, how >> 4 & 3, length);
	case 18: return CALL(sock_send, handle, 0, BYTES(data, length));
	case 19: return how & 16 ? CALL(lease_folder, ROOT, BYTES(".", 1), 4000) : how & 32 ? lease_call(page, input, handle, how) :
		CALL(fd_sync, handle);
	case 20: return CALL(path_rename, ROOT, BYTES("f", 1), ROOT, BYTES(how & 16 ? "g" : "f", 1));
	case 21: return CALL(stdin_skip, how);
	case 22: return how & 16 ? CALL(fd_read, WASI_STDIN, 0, length) : CALL(fd_write, 1 + (how & 1), 0, BYTES(data, length));
	case 23: return CALL(fd_advise, handle, 0, 0, WASI_ADVICE_WILLNEED);
	case 24: return CALL(fd_fdstat_set_flags, handle, how & 16 ? WASI_FDFLAG_NONBLOCK : 0);
	case 25: return how & 32 ? CALL(random_get, 500000) : CALL(sock_shutdown, handle, 1 + how % 3);
	case 26: return how == 255 ? CALL(proc_exit, 3) : CALL(fd_pwrite, handle, 0, BYTES(data, length));
	default:
		if (how & 32)
			return later_call(page, input, handle, how);
		call = (struct call){ .row = &syscalls[take(input) % syscalls_count] };
		wild_args(page, input, &call);
		return call;
	}
}

/* Gives where the next call goes. */
static uint8_t *write_call(uint8_t *at, const struct call *call, uint16_t flags)
{
	uint8_t *head = at;

	at += CALL_HEAD;
	for (size_t i = 0; call->row->takes[i]; i++) {
		switch (call->row->takes[i]) {
		case 'q': at = codec_put_u64(at, call->args[i].n); break;
		case 'p': case 'b': at = codec_put_string(at, call->args[i].bytes.at, call->args[i].bytes.length); break;
		default: at = codec_put_u32(at, (uint32_t)call->args[i].n);
		}
	}
	codec_put_u16(head, call->row->number);
	codec_put_u16(head + 2, flags);
	codec_put_u32(head + 4, (uint32_t)(at - head - CALL_HEAD));
	return at;
}

static uint32_t sequence_of(struct page *page, unsigned how, uint8_t by)
{
	if (how == 5 && !page->hole) {
		page->hole = page->next++;
	} else if (how == 6 && page->hole) {
		uint32_t hole = page->hole;

		page->hole = 0;
		return hole;
	} else if (how == 7) {
		uint32_t wild = page->next + by % 100 - 5;

		page->next += wild == page->next;
		return wild;
	}
	return page->next++;
}

/* Two of one number: which of them ran is the server's to say, if both came at once. */
void remember(struct page *page, uint32_t sequence, const struct sent *sent)
{
	if (sequence == 0 || sequence >= BATCHES)
		return;
	if (sequence > page->highest)
		page->highest = sequence;
	if (page->sent[sequence].state == NOT_SENT)
		page->sent[sequence] = *sent;
	else
		page->sent[sequence].twice = true;
}

size_t write_batch(struct page *page, struct input *input, uint8_t how, bool by_post, uint8_t *frame, uint32_t *sequence)
{
	unsigned count = 1 + (how >> 3 & 3);
	uint8_t *at = frame + FRAME_HEAD + 8;
	struct sent sent = { .state = SENT, .waits = how & BATCH_WAIT, .by_post = by_post, .whole = true, .count = (uint8_t)count };

	*sequence = sequence_of(page, how >> 5, how >> 5 == 7 ? take(input) : 0);
	for (unsigned i = 0; i < count; i++) {
		uint8_t what = take(input), with = take(input);
		uint16_t flags = with & 128 ? CALL_LINK : 0;
		struct call call;

		if (what == 255) { /* a number that there isn't; one that doesn't fit */
			codec_put_u16(at, with & 1 ? 0x7000 : SYSCALL_fd_sync);
			codec_put_u16(at + 2, flags);
			codec_put_u32(at + 4, with & 6);
			sent.whole &= (with & 1) || (with & 6) == 4;
			at = memset(at + CALL_HEAD, 0, with & 6), at += with & 6;
			continue;
		}
		call = pick_call(page, input, what, with);
		if (with & 64 && call.row->flags & SYSCALL_QUIET) {
			flags |= CALL_QUIET;
			sent.quiet |= (uint16_t)(1 << i);
		}
		at = write_call(at, &call, flags);
	}
	codec_put_frame(frame, FRAME_BATCH, how & BATCH_WAIT, (uint16_t)count, (size_t)(at - frame));
	codec_put_u32(frame + FRAME_HEAD, *sequence);
	codec_put_u32(frame + FRAME_HEAD + 4, page->acknowledged);
	remember(page, *sequence, &sent);
	return (size_t)(at - frame);
}

