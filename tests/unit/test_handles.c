/* server/debugger/handles.c: what is open, as calls tell it. */
#include "../check.h"

#include "server/debugger/handles.h"

static const struct debug_handle *tell(struct handles *handles, uint16_t number, const uint64_t *args, const char *path,
	wasi_errno_t error)
{
	static uint64_t ordinal;
	struct call call = { .row = syscall_find(number), .error = error };
	wasi_fdstat_t fdstat = { .filetype = WASI_FILETYPE_REGULAR_FILE, .rights_base = 66 };
	unsigned given = 0;

	for (unsigned i = 0; call.row->takes[i]; i++) {
		if (call.row->takes[i] == 'p') {
			call.args[i].bytes.at = (const uint8_t *)path;
			call.args[i].bytes.length = (uint32_t)strlen(path);
		} else if (call.row->takes[i] == 'f' || call.row->takes[i] == 'h' || number == SYSCALL_fd_fdstat_set_flags ||
		           number == SYSCALL_fd_fdstat_set_rights) {
			call.args[i].n = args[given++];
		}
	}
	call.reply = (uint8_t *)&fdstat;
	call.reply_length = error ? 0 : sizeof fdstat;
	return handles_call(handles, &call, ++ordinal);
}

static void preopen(struct handles *handles, uint32_t number, const char *name)
{
	static struct guest_handle handle;

	handle = (struct guest_handle){ .handle = number, .is_preopen = true, .fdstat.filetype = WASI_FILETYPE_DIRECTORY };
	snprintf(handle.path, sizeof handle.path, "%s", name);
	handles_add(handles, &handle);
}

static void check_path(const struct debug_handle *entry, const char *path)
{
	REQUIRE(entry, path);
	CHECK_EQ((size_t)entry->path.length, strlen(path), path);
	CHECK(memcmp(entry->path.at, path, strlen(path)) == 0, path);
}

TEST(an_open_file_is_named_by_its_folder_and_its_path)
{
	struct handles handles = { 0 };
	const struct debug_handle *entry;

	preopen(&handles, 3, "/");
	preopen(&handles, 4, "/data");
	entry = tell(&handles, SYSCALL_path_open, (uint64_t[]){ 3, 9 }, "a/b", 0);
	check_path(entry, "/a/b");
	CHECK_EQ(entry->flags, (uint32_t)DEBUG_HANDLE_OPEN);
	CHECK_EQ(entry->rights, 66u);
	CHECK_EQ(entry->offset, 0u);
	check_path(tell(&handles, SYSCALL_path_open, (uint64_t[]){ 4, 10 }, "c", 0), "/data/c");
	check_path(tell(&handles, SYSCALL_path_open, (uint64_t[]){ 9, 11 }, "d", 0), "/a/b/d");
	CHECK(!tell(&handles, SYSCALL_path_open, (uint64_t[]){ 3, 12 }, "no", WASI_ENOENT));
	handles_clear(&handles);
}

TEST(a_handle_goes_when_it_is_closed_or_renumbered_over_and_its_generation_counts)
{
	const uint32_t again = 9 | 1 << 16;
	struct handles handles = { 0 };
	const struct debug_handle *entry;

	preopen(&handles, 3, "/");
	tell(&handles, SYSCALL_path_open, (uint64_t[]){ 3, 9 }, "a", 0);
	entry = tell(&handles, SYSCALL_fd_close, (uint64_t[]){ 9 }, "", WASI_EIO); /* it ends whatever it returns */
	REQUIRE(entry, "fd_close");
	CHECK(!(entry->flags & DEBUG_HANDLE_OPEN));
	CHECK(!tell(&handles, SYSCALL_fd_close, (uint64_t[]){ 9 }, "", WASI_EBADF), "twice");
	tell(&handles, SYSCALL_path_open, (uint64_t[]){ 3, again }, "b", 0);
	CHECK(!tell(&handles, SYSCALL_fd_close, (uint64_t[]){ 9 }, "", WASI_EBADF), "an old generation");
	entry = tell(&handles, SYSCALL_fd_renumber, (uint64_t[]){ 3, again }, "", 0);
	REQUIRE(entry, "fd_renumber");
	CHECK_EQ(entry->handle, again);
	handles_clear(&handles);
}

TEST(flags_rights_and_offset_follow)
{
	struct handles handles = { 0 };
	const struct debug_handle *entry;

	preopen(&handles, 3, "/");
	tell(&handles, SYSCALL_path_open, (uint64_t[]){ 3, 70 }, "a", 0);
	entry = tell(&handles, SYSCALL_fd_fdstat_set_flags, (uint64_t[]){ 70, WASI_FDFLAG_APPEND }, "", 0);
	REQUIRE(entry, "flags");
	CHECK_EQ(entry->fdflags, WASI_FDFLAG_APPEND);
	entry = tell(&handles, SYSCALL_fd_fdstat_set_rights, (uint64_t[]){ 70, 2, 0 }, "", 0);
	REQUIRE(entry, "rights");
	CHECK_EQ(entry->rights, 2u);
	handles_offset(&handles, 70, 4096);
	CHECK_EQ(entry->offset, 4096u);
	handles_offset(&handles, 3, 5);
	CHECK_EQ(handles.slots[3].offset, DEBUG_NONE64, "a folder has none");
	handles_clear(&handles);
}
