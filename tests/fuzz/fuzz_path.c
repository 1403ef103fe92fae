/* Paths, resolved by the kernel (on a thread, and from the loop) and by our own walk, side by side: the same steps on the same
 * tree must give the same answers, and none may get out. The input is a run of steps: what to do, flags, one or two paths. Bytes
 * of a path below 64 stand for the names in the tree, so that a mutation is a different way through it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi/abi.h"
#include "tree.h"

enum { STEPS_MAX = 12, PATH_END = 0xFF, WAYS = 3, ANSWER_BYTES = 64 };

static const char *const words[] = {
	"..", "/", ".", "f", "d", "e", "p", "up", "abs", "out", "outf", "ld", "lf", "lds", "outs", "self", "dang", "dango", "dot",
	"esc", "long", "magic", "back", "new", "../", "./", "//", "d/e", "/..", "d/e/up", "over", "n2",
};
enum { WORDS = sizeof words / sizeof *words };

struct answer {
	wasi_errno_t error;
	uint8_t bytes[ANSWER_BYTES];
	size_t length;
};

struct steps {
	const uint8_t *at, *end;
};

static struct tree tree;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	tree_make(&tree);
	return 0;
}

static size_t read_path(struct steps *steps, char *path, size_t room)
{
	size_t length = 0;

	while (steps->at < steps->end && *steps->at != PATH_END) {
		uint8_t byte = *steps->at++;
		const char *word = byte < 64 ? words[byte % WORDS] : (char[]){ (char)byte, 0 };

		if (length + strlen(word) < room) {
			memcpy(path + length, word, strlen(word));
			length += strlen(word);
		}
	}
	if (steps->at < steps->end)
		steps->at++;
	return length;
}

static struct answer run(struct guest *guest, bool loop_first, struct call *call)
{
	static uint8_t reply[8192];
	struct answer answer;
	enum call_state state = CALL_ELSEWHERE;

	call->reply = reply;
	if (call_reply_bound(guest, call) > sizeof reply)
		broken("%s: a bound of %zu", call->row->name, call_reply_bound(guest, call));
	if (loop_first)
		state = guest_call(guest, call);
	call->may_block = true;
	if (state == CALL_ELSEWHERE)
		state = guest_call(guest, call);
	if (state == CALL_PARKED) {
		guest_call_cancel(guest, call);
		call->error = WASI_EAGAIN;
		call->reply_length = 0;
	} else if (state != CALL_DONE || call->bad_handle) {
		broken("%s: state %d", call->row->name, state);
	}
	answer.error = call->error;
	answer.length = call->reply_length < ANSWER_BYTES ? call->reply_length : ANSWER_BYTES;
	memcpy(answer.bytes, reply, answer.length);
	tree_check_bytes(reply, call->reply_length);
	return answer;
}

static struct call call_of(enum syscall_number number, const uint64_t *numbers, const char *first, size_t first_length,
	const char *second, size_t second_length)
{
	struct call call = { .row = syscall_find((uint16_t)number), .wait = { .deadline_ns = UINT64_MAX } };

	for (size_t i = 0; call.row->takes[i]; i++) {
		if (call.row->takes[i] != 'p') {
			call.args[i].n = *numbers++;
			continue;
		}
		call.args[i].bytes.at = (const uint8_t *)first;
		call.args[i].bytes.length = (uint32_t)first_length;
		first = second;
		first_length = second_length;
	}
	return call;
}

/* Opens, looks at what it got, and closes. */
static struct answer open_and_look(struct guest *guest, bool loop_first, struct call *open, uint32_t handle)
{
	struct answer opened = run(guest, loop_first, open), looked;
	struct call look;
	uint8_t type;

	if (opened.error)
		return opened;
	type = opened.bytes[0]; /* of its fdstat */
	if (type == WASI_FILETYPE_DIRECTORY)
		look = call_of(SYSCALL_fd_readdir, (uint64_t[]){ handle, 0, 4096 }, NULL, 0, NULL, 0);
	else
		look = call_of(SYSCALL_fd_pread, (uint64_t[]){ handle, 0, 32 }, NULL, 0, NULL, 0);
	looked = run(guest, loop_first, &look);
	if (type == WASI_FILETYPE_DIRECTORY) /* its inodes are another tree's */
		looked.length = 0;
	looked.bytes[looked.length++] = type;
	look = call_of(SYSCALL_fd_close, (uint64_t[]){ handle }, NULL, 0, NULL, 0);
	run(guest, loop_first, &look);
	return looked;
}

static struct answer step(struct guest *guest, bool loop_first, struct steps *steps, uint32_t handle)
{
	static const uint32_t folders[] = { TREE_ROOT, TREE_ROOT, TREE_ROOT, TREE_OTHER, TREE_TMP, TREE_FROZEN };
	uint8_t what = *steps->at++, how = steps->at < steps->end ? *steps->at++ : 0;
	const uint64_t dir = folders[(what >> 4) % 6], other = folders[how % 6], follow = how >> 7,
	rights = (how & 8 ? 2u : 0u) | (how & 16 ? 64u : 0u);
	char first[2048], second[2048];
	size_t first_length = read_path(steps, first, sizeof first), second_length = 0;
	struct call call;
	struct answer answer;

#define CALL(number, ...) call_of(number, (uint64_t[]){ __VA_ARGS__ }, first, first_length, second, second_length)
	switch (what & 15) {
	case 5: case 6: case 7: case 8:
		second_length = read_path(steps, second, sizeof second);
	}
	switch (what & 15) {
	case 0: case 1: case 2: case 3:
		call = CALL(SYSCALL_path_open, dir, follow, what & 3 ? how & 3 : how & 15, rights, 0, how >> 5 & 1, handle);
		return open_and_look(guest, loop_first, &call, handle);
	case 4:
		call = CALL(SYSCALL_path_create_directory, dir);
		break;
	case 5:
		call = CALL(SYSCALL_path_link, dir, follow, other);
		break;
	case 6: case 7:
		call = CALL(SYSCALL_path_rename, dir, other);
		break;
	case 8:
		call = CALL(SYSCALL_path_symlink, dir);
		break;
	case 9:
		call = CALL(SYSCALL_path_readlink, dir, 60);
		break;
	case 10:
		call = CALL(SYSCALL_path_remove_directory, dir);
		break;
	case 11:
		call = CALL(SYSCALL_path_unlink_file, dir);
		break;
	case 12:
		call = CALL(SYSCALL_path_filestat_set_times, dir, follow, 1000, 2000, how & 15);
		break;
	default:
		call = CALL(SYSCALL_path_filestat_get, dir, follow);
		answer = run(guest, loop_first, &call);
		if (!answer.error) { /* its type and links; the rest is another tree's */
			memmove(answer.bytes, answer.bytes + 16, 16);
			answer.length = 16;
		}
		return answer;
	}
	return run(guest, loop_first, &call);
}

static unsigned run_all(const uint8_t *bytes, size_t length, unsigned way, struct answer answers[static STEPS_MAX])
{
	struct steps steps = { bytes, bytes + length };
	struct guest *guest;
	unsigned count = 0;

	wasi_resolver_set(way == 2 ? WASI_RESOLVER_WALK : WASI_RESOLVER_OPENAT2);
	tree_fill(&tree);
	guest = tree_guest(&tree);
	while (steps.at < steps.end && count < STEPS_MAX) {
		answers[count] = step(guest, way == 1, &steps, 10 + count);
		count++;
	}
	guest_free(guest);
	tree_check(&tree);
	tree_wipe(&tree);
	return count;
}

static const char *text_of(const struct answer *answer)
{
	static char texts[2][3 * ANSWER_BYTES + 32];
	static int next;
	char *text = texts[next++ & 1];
	int at = sprintf(text, "errno %u:", answer->error);

	for (size_t i = 0; i < answer->length; i++)
		at += sprintf(text + at, " %02x", answer->bytes[i]);
	return text;
}

/* What the input means, for who looks into a finding. */
static void explain(const uint8_t *bytes, size_t length)
{
	struct steps steps = { bytes, bytes + length };
	char path[2048];

	for (unsigned i = 0; steps.at < steps.end && i < STEPS_MAX; i++) {
		uint8_t what = *steps.at++, how = steps.at < steps.end ? *steps.at++ : 0;

		for (int two = (what & 15) >= 5 && (what & 15) <= 8; two >= 0; two--) {
			size_t path_length = read_path(&steps, path, sizeof path);

			fprintf(stderr, "step %u: %u in %u, how %02x: '%.*s'\n", i, what & 15, what >> 4, how, (int)path_length, path);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char *const names[WAYS] = { "openat2 on a thread", "openat2 on the loop", "the walk" };
	static struct answer answers[WAYS][STEPS_MAX];
	unsigned count = run_all(bytes, length, 0, answers[0]);

	for (unsigned way = 1; way < WAYS; way++) {
		if (run_all(bytes, length, way, answers[way]) != count)
			broken("not the same steps");
		for (unsigned i = 0; i < count; i++) {
			const struct answer *a = &answers[0][i], *b = &answers[way][i];

			if (a->error == b->error && a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0)
				continue;
			explain(bytes, length);
			broken("step %u: %s says %s, %s says %s", i, names[0], text_of(a), names[way], text_of(b));
		}
	}
	return 0;
}
