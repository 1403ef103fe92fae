/* wasi/devices.c: /dev has null, zero, urandom and the program's own terminal, and nothing else can be had or done there. */
#include "world.h"

enum { DEV = 7 };

static struct wasi_devices devices;
static bool is_tty;

static void with_dev(struct guest_config *config)
{
	static struct wasi_grant grants[5];

	memcpy(grants, config->grants, 4 * sizeof *grants);
	grants[4] = (struct wasi_grant){ .name = "/dev", .dir_fd = -1, .devices = &devices };
	config->grants = grants;
	config->grants_count = 5;
	config->tty = is_tty;
}

static void world_with_dev(struct world *world, bool tty)
{
	is_tty = tty;
	wasi_devices_open(&devices);
	world_folders(world);
	world_guest(world, with_dev);
}

static void world_without(struct world *world)
{
	world_free(world);
	wasi_devices_close(&devices);
}

TEST(a_path_in_dev_leads_to_a_device_or_is_refused_as_the_kernel_would)
{
	static const struct { const char *path; uint32_t oflags; uint64_t rights; wasi_errno_t want; } rows[] = {
		{ "null", 0, R, WASI_OK }, { "null", 0, W, WASI_OK }, { "null", CREAT | TRUNC, W, WASI_OK }, { "zero", 0, RW, WASI_OK },
		{ "./urandom", 0, R, WASI_OK }, { ".//null", 0, RW, WASI_OK }, { "tty", 0, RW, WASI_OK }, { ".", 0, 0, WASI_OK },
		{ ".", DIRECTORY, R, WASI_OK }, { "./", 0, 0, WASI_OK }, { ".", 0, W, WASI_EISDIR }, { ".", CREAT, R, WASI_EISDIR },
		{ "null", CREAT | EXCL, W, WASI_EEXIST }, { "null", DIRECTORY, R, WASI_ENOTDIR }, { "null/", 0, R, WASI_ENOTDIR },
		{ "null/x", 0, R, WASI_ENOTDIR }, { "null/../zero", 0, R, WASI_ENOTDIR }, { "nul", 0, R, WASI_ENOENT },
		{ "nulll", 0, R, WASI_ENOENT },
		{ "sda", 0, R, WASI_ENOENT }, { "mem", 0, R, WASI_ENOENT }, { "fd/0", 0, R, WASI_ENOENT },
		{ "x/../null", 0, R, WASI_ENOENT },
		{ "new", CREAT, W, WASI_EPERM }, { "..", 0, 0, WASI_EPERM }, { "../etc/passwd", 0, R, WASI_EPERM },
		{ "/dev/null", 0, R, WASI_EPERM },
		{ "", 0, R, WASI_ENOENT },
	};
	struct world world;

	world_with_dev(&world, true);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK_EQ(try_open(&world, DEV, FOLLOW, rows[i].path, rows[i].oflags, rows[i].rights), rows[i].want, rows[i].path);
	world_without(&world);
}

TEST(devices_read_and_write_as_the_kernels_do)
{
	static const uint8_t zeros[4096];
	uint8_t random[4096];
	struct world world;
	uint32_t null, zero, urandom;

	world_with_dev(&world, false);
	null = must_open(&world, DEV, "null", 0, RW);
	zero = must_open(&world, DEV, "zero", 0, RW);
	urandom = must_open(&world, DEV, "urandom", 0, R);
	CHECK_EQ(write_text(&world, null, 0, "gone"), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 4);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, null, (uint64_t)0, 16), WASI_OK);
	CHECK_EQ(world.length, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, zero, (uint64_t)0, 4096), WASI_OK);
	CHECK(world.length == 4096 && !memcmp(world.reply, zeros, 4096));
	CHECK_EQ(sys(&world, SYSCALL_fd_read, urandom, (uint64_t)0, 4096), WASI_OK);
	REQUIRE(world.length == 4096);
	memcpy(random, world.reply, 4096);
	CHECK(memcmp(random, zeros, 4096) != 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, urandom, (uint64_t)0, 4096), WASI_OK);
	CHECK(memcmp(random, world.reply, 4096) != 0);
	CHECK_EQ(write_text(&world, urandom, 0, "x"), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_seek, null, (uint64_t)0, (uint64_t)100, WASI_WHENCE_SET), WASI_OK);
	CHECK_EQ(u64_at(&world, 0), 0);
	CHECK_EQ(close_handle(&world, null), WASI_OK);
	null = must_open(&world, DEV, "null", 0, R); /* the first close took nothing from the next one */
	CHECK_EQ(sys(&world, SYSCALL_fd_read, null, (uint64_t)0, 16), WASI_OK);
	world_without(&world);
}

/* isatty() of wasi-libc: a character device that can neither seek nor tell. */
static bool is_terminal(wasi_fdstat_t fdstat)
{
	return fdstat.filetype == WASI_FILETYPE_CHARACTER_DEVICE && !(fdstat.rights_base & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL));
}

TEST(tty_is_the_programs_terminal_or_isnt_there)
{
	struct world world;
	uint32_t tty;

	world_with_dev(&world, true);
	tty = must_open(&world, DEV, "tty", 0, RW);
	CHECK(is_terminal(fdstat_of(&world, tty)));
	CHECK(!is_terminal(fdstat_of(&world, must_open(&world, DEV, "null", 0, RW))));
	guest_stdin_push(world.guest, (const uint8_t *)"typed", 5);
	CHECK_STR(read_text(&world, tty, 0, 3), "typ");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 9), "ed");
	CHECK_EQ(write_text(&world, tty, 0, "shown"), WASI_OK);
	CHECK_EQ(close_handle(&world, tty), WASI_OK);
	guest_stdin_push(world.guest, (const uint8_t *)"more", 4);
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 9), "more");
	world_without(&world);

	world_with_dev(&world, false);
	CHECK_EQ(try_open(&world, DEV, 0, "tty", 0, RW), WASI_ENXIO);
	world_without(&world);
}

TEST(polls_of_devices_are_ready_at_once_and_of_tty_when_something_was_typed)
{
	struct world world;
	uint32_t tty, null;
	struct call call;
	wasi_subscription_t waits = { .userdata = 7, .tag = WASI_EVENTTYPE_FD_READ };
	wasi_event_t event;

	world_with_dev(&world, true);
	tty = must_open(&world, DEV, "tty", 0, RW);
	null = must_open(&world, DEV, "null", 0, RW);
	waits.fd.fd = null;
	CHECK_EQ(sys(&world, SYSCALL_poll_oneoff, &waits, sizeof waits), WASI_OK);
	CHECK_EQ(world.length, sizeof event);
	waits.fd.fd = tty;
	call_init(&world, &call, SYSCALL_poll_oneoff, &waits, sizeof waits);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	CHECK(call.wait.on_stdin);
	guest_stdin_push(world.guest, (const uint8_t *)"x", 1);
	CHECK_EQ(call_step(&world, &call), CALL_DONE);
	memcpy(&event, call.reply, sizeof event);
	CHECK_EQ(event.nbytes, 1);
	free(call.reply);
	waits.tag = WASI_EVENTTYPE_FD_WRITE;
	CHECK_EQ(sys(&world, SYSCALL_poll_oneoff, &waits, sizeof waits), WASI_OK);
	CHECK_EQ(world.length, sizeof event);
	world_without(&world);
}

TEST(dev_lists_its_names_and_their_attributes_agree)
{
	static const char *const names[] = { ".", "..", "null", "zero", "urandom", "tty" };
	struct world world;
	wasi_filestat_t folder, stat;
	uint32_t at = 0, dir;

	world_with_dev(&world, true);
	CHECK_EQ(stat_handle(&world, DEV, &folder), WASI_OK);
	CHECK_EQ(folder.filetype, WASI_FILETYPE_DIRECTORY);
	dir = must_open(&world, DEV, ".", DIRECTORY, R);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, (uint64_t)0, 4096), WASI_OK);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint32_t length = world.length;
		wasi_dirent_t record;
		uint8_t *reply;

		REQUIRE(at + sizeof record <= length);
		memcpy(&record, world.reply + at, sizeof record);
		REQUIRE(record.namlen == strlen(names[i]));
		CHECK(!memcmp(world.reply + at + sizeof record, names[i], record.namlen), names[i]);
		reply = world.reply; /* of the listing, beside the next call's */
		world.reply = NULL;
		if (i != 1)
			CHECK_EQ(stat_path(&world, DEV, FOLLOW, names[i], &stat), WASI_OK, names[i]);
		if (i != 1) {
			CHECK_EQ(stat.filetype, record.type, names[i]);
			CHECK_EQ(stat.ino, record.ino, names[i]);
		}
		free(world.reply);
		world.reply = reply;
		world.length = length;
		at += (uint32_t)(sizeof record + record.namlen);
	}
	CHECK_EQ(at, world.length);
	CHECK_EQ(stat_path(&world, DEV, FOLLOW, "sda", &stat), WASI_ENOENT);
	CHECK_EQ(stat_path(&world, DEV, FOLLOW, "../dev/null", &stat), WASI_EPERM);
	world_without(&world);
}

TEST(nothing_in_dev_can_be_changed_leased_or_linked)
{
	struct world world;
	uint32_t null, handle;

	world_with_dev(&world, true);
	put_file(&world, "root/file", "text");
	null = must_open(&world, DEV, "null", 0, RW);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, DEV, "new"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, DEV, "null"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_remove_directory, DEV, "."), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, DEV, "null", ROOT, "null"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "file", DEV, "file"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_link, DEV, 0, "null", ROOT, "null"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_symlink, "null", DEV, "new"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, DEV, "null", 100), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, DEV, "nothing", 100), WASI_ENOENT);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, DEV, 0, "null", (uint64_t)1, (uint64_t)1, WASI_FST_MTIM), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, null, (uint64_t)0, (uint64_t)0, WASI_FST_MTIM_NOW), WASI_ENOTCAPABLE);
	CHECK(sys(&world, SYSCALL_fd_filestat_set_size, null, (uint64_t)9) != WASI_OK);
	CHECK(sys(&world, SYSCALL_lease_folder, DEV, ".", 4096) != WASI_OK);
	CHECK(sys(&world, SYSCALL_lease_name, DEV, "null") != WASI_OK);
	CHECK(sys(&world, SYSCALL_lease_keep, DEV, ".") != WASI_OK);
	CHECK(sys(&world, SYSCALL_lease_files, DEV, ".", 4096, "", (size_t)0, 4096) != WASI_OK);
	CHECK(sys(&world, SYSCALL_lease_file, null) != WASI_OK);
	handle = world.next_slot++;
	CHECK(sys(&world, SYSCALL_lease_open, DEV, "null", 1, handle) != WASI_OK);
	CHECK(sys(&world, SYSCALL_fd_sync, DEV) != WASI_OK);
	world_without(&world);
}

TEST(whoever_looks_on_is_told_the_names_of_what_is_open)
{
	static const char *const want[] = { "/dev", "/dev/null", "/dev/tty" };
	struct guest_handle handle;
	struct world world;
	size_t found = 0;

	world_with_dev(&world, true);
	must_open(&world, DEV, "null", 0, R);
	must_open(&world, DEV, "tty", 0, RW);
	for (uint32_t at = 0; guest_handle_next(world.guest, &at, &handle);)
		if (!strncmp(handle.path, "/dev", 4) && found < 3)
			CHECK_STR(handle.path, want[found++]);
	CHECK_EQ(found, 3);
	world_without(&world);
}

TEST(a_device_that_the_host_lacks_is_not_there)
{
	struct world world;

	world_with_dev(&world, true);
	close(devices.fds[1]);
	devices.fds[1] = -1;
	CHECK_EQ(try_open(&world, DEV, 0, "zero", 0, R), WASI_ENOENT);
	CHECK_EQ(try_open(&world, DEV, 0, "null", 0, R), WASI_OK);
	world_without(&world);
}
