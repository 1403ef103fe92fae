/* Hellos: from bytes to a program's world, with real grants. What a page asks for may only be narrower than what was granted. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/wire/hello.h"
#include "repair.h"
#include "tree.h"

static struct tree tree;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	tree_make(&tree);
	tree_fill(&tree);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed)
{
	length = LLVMFuzzerMutate(bytes, length, room);
	if (seed % 8)
		repair_frames(bytes, length, seed);
	return length;
}

static void must_be_granted(const struct guest_preopen *preopen)
{
	const int nobodys[] = { tree.base, tree.outside, tree.scratch };
	struct stat st;

	for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++)
		if (fstat(nobodys[i], &st) == 0 && st.st_ino == preopen->filestat.ino && st.st_dev == preopen->filestat.dev)
			broken("'%s' was given, which nobody granted", preopen->name);
	if (fstat(tree.frozen, &st) == 0 && st.st_ino == preopen->filestat.ino && !preopen->read_only)
		broken("'%s' was given to write", preopen->name);
	if (preopen->filestat.filetype != WASI_FILETYPE_DIRECTORY)
		broken("'%s' is no folder", preopen->name);
}

static void world(const struct hello *hello)
{
	const struct wasi_grant grants[] = {
		{ .name = "/", .host_path = "root", .dir_fd = tree.root },
		{ .name = "/ro", .host_path = "frozen", .dir_fd = tree.frozen, .read_only = true },
		{ .name = "/d", .host_path = "other", .dir_fd = tree.other },
		{ .name = "/tmp", .host_path = "scratch", .dir_fd = -1, .scratch = true },
	};
	struct guest_config config = {
		.args = hello->args, .args_count = hello->args_count, .env = hello->env, .env_count = hello->env_count,
		.grants = grants, .grants_count = 4, .preopens = hello->preopens, .preopens_count = hello->preopens_count,
		.preopens_given = hello->flags & HELLO_PREOPENS, .tty = hello->flags & HELLO_TTY, .scratch_parent_fd = tree.scratch,
	};
	const struct guest_preopen *preopens;
	const char *failed = NULL;
	struct guest *guest = NULL;
	size_t count;

	wasi_limits_default(&config.limits);
	if (guest_new(&config, &guest, &failed) != WASI_OK) {
		if (!failed)
			broken("refused without a word");
		return;
	}
	count = guest_preopens(guest, &preopens);
	if (!config.preopens_given && count != 4)
		broken("%zu preopens", count);
	if (config.preopens_given && count != hello->preopens_count)
		broken("%zu preopens, not %u", count, hello->preopens_count);
	for (size_t i = 0; i < count; i++)
		must_be_granted(&preopens[i]);
	guest_free(guest);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes;
	struct frame frame;
	struct hello hello;

	wasi_resolver_set(length & 1 ? WASI_RESOLVER_WALK : WASI_RESOLVER_OPENAT2);
	if (codec_frame_next(&at, bytes + length, &frame) && frame.type == FRAME_HELLO) {
		const char *wrong = codec_hello(&frame, &hello);

		if (!wrong && hello.version == WIRE_VERSION && hello.hash == syscalls_hash() && hello.flags & HELLO_NEW)
			world(&hello);
		hello_clear(&hello);
		tree_check(&tree);
	}
	return 0;
}
