/* Rights that a program dropped: whichever call has a right's effect, it answers NOTCAPABLE once that right is dropped, and
 * answers as before when any other is. Every call of the table that takes a handle is tried, ours too. */
#include "world.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum on { ON_DIR, ON_FILE, ON_LISTENER, ON_SOCKET, ON_STDIN, KINDS };

#define RIGHT(name) WASI_RIGHT_##name
#define RIGHTS_COUNT 30
#define EVERY ((UINT64_C(1) << RIGHTS_COUNT) - 1)

enum { DOOR = TMP }; /* the listener: there is no scratch folder */

static struct wasi_listener listener = { .address = "127.0.0.1:0" };

/* ---- the ways in: each gives the errno of one call on a handle ---- */

#define WAY(name) static wasi_errno_t name(struct world *w, uint32_t h)
WAY(advise) { return sys(w, SYSCALL_fd_advise, h, (uint64_t)0, (uint64_t)1, 0); }
WAY(allocate) { return sys(w, SYSCALL_fd_allocate, h, (uint64_t)0, (uint64_t)1); }
WAY(datasync) { return sys(w, SYSCALL_fd_datasync, h); }
WAY(fdstat_get) { return sys(w, SYSCALL_fd_fdstat_get, h); }
WAY(set_flags) { return sys(w, SYSCALL_fd_fdstat_set_flags, h, WASI_FDFLAG_NONBLOCK); }
WAY(set_rights) { return sys(w, SYSCALL_fd_fdstat_set_rights, h, (uint64_t)0, (uint64_t)0); }
WAY(filestat_get) { return sys(w, SYSCALL_fd_filestat_get, h); }
WAY(set_size) { return sys(w, SYSCALL_fd_filestat_set_size, h, (uint64_t)3); }
WAY(set_times) { return sys(w, SYSCALL_fd_filestat_set_times, h, (uint64_t)1, (uint64_t)1, 5); }
WAY(pread_) { return sys(w, SYSCALL_fd_pread, h, (uint64_t)0, 10); }
WAY(prestat_get) { return sys(w, SYSCALL_fd_prestat_get, h); }
WAY(prestat_dir_name) { return sys(w, SYSCALL_fd_prestat_dir_name, h, 10); }
WAY(pwrite_) { return sys(w, SYSCALL_fd_pwrite, h, (uint64_t)0, "x", (size_t)1); }
WAY(read_) { return sys(w, SYSCALL_fd_read, h, (uint64_t)0, 0); }
WAY(readdir_) { return sys(w, SYSCALL_fd_readdir, h, (uint64_t)0, 1000); }
WAY(renumber) { return sys(w, SYSCALL_fd_renumber, ROOT, h); }
WAY(close_) { return sys(w, SYSCALL_fd_close, h); }
WAY(seek) { return sys(w, SYSCALL_fd_seek, h, (uint64_t)0, (uint64_t)1, 0); }
WAY(sync_) { return sys(w, SYSCALL_fd_sync, h); }
WAY(tell) { return sys(w, SYSCALL_fd_tell, h, (uint64_t)0); }
WAY(write_) { return sys(w, SYSCALL_fd_write, h, (uint64_t)0, "x", (size_t)1); }
WAY(create_directory) { return sys(w, SYSCALL_path_create_directory, h, "new"); }
WAY(path_stat) { return sys(w, SYSCALL_path_filestat_get, h, 0, "file"); }
WAY(path_set_times) { return sys(w, SYSCALL_path_filestat_set_times, h, 0, "file", (uint64_t)1, (uint64_t)1, 5); }
WAY(link_from) { return sys(w, SYSCALL_path_link, h, 0, "file", OTHER, "link"); }
WAY(link_to) { return sys(w, SYSCALL_path_link, OTHER, 0, "file", h, "link"); }
WAY(rename_from) { return sys(w, SYSCALL_path_rename, h, "file", OTHER, "renamed"); }
WAY(rename_to) { return sys(w, SYSCALL_path_rename, OTHER, "file", h, "renamed"); }
WAY(readlink_) { return sys(w, SYSCALL_path_readlink, h, "to", 100); }
WAY(remove_directory) { return sys(w, SYSCALL_path_remove_directory, h, "empty"); }
WAY(symlink_) { return sys(w, SYSCALL_path_symlink, "file", h, "symlink"); }
WAY(unlink_) { return sys(w, SYSCALL_path_unlink_file, h, "file"); }
WAY(open_) { return try_open(w, h, 0, "file", 0, 0); }
WAY(open_read) { return try_open(w, h, 0, "file", 0, R); }
WAY(open_write) { return try_open(w, h, 0, "file", 0, W); }
WAY(open_create) { return try_open(w, h, 0, "created", CREAT, 0); }
WAY(open_create_exists) { return try_open(w, h, 0, "file", CREAT, 0); }
WAY(open_truncate) { return try_open(w, h, 0, "file", TRUNC, 0); }
WAY(accept_) { return sys(w, SYSCALL_sock_accept, h, WASI_FDFLAG_NONBLOCK, w->next_slot++); }
WAY(recv_) { return sys(w, SYSCALL_sock_recv, h, 0, 10); }
WAY(send_) { return sys(w, SYSCALL_sock_send, h, 0, "x", (size_t)1); }
WAY(shutdown_) { return sys(w, SYSCALL_sock_shutdown, h, WASI_SDFLAG_WR); }
WAY(connect_) { return sys(w, SYSCALL_sock_connect, h, "\4\1\0\177\0\0\1", (size_t)7, 0); }
WAY(bind_) { return sys(w, SYSCALL_sock_bind, h, "\4\1\0\177\0\0\1", (size_t)7); }
WAY(listen_) { return sys(w, SYSCALL_sock_listen, h, 1); }
WAY(get_option_) { return sys(w, SYSCALL_sock_get_option, h, 0, 1); }
WAY(set_option_) { return sys(w, SYSCALL_sock_set_option, h, 0, 7, (uint64_t)1); }
WAY(send_to_) { return sys(w, SYSCALL_sock_send_to, h, 0, "\4\1\0\177\0\0\1", (size_t)7, "x", (size_t)1); }
WAY(receive_from_) { return sys(w, SYSCALL_sock_receive_from, h, 0, 10); }
WAY(start_tls_) { return sys(w, SYSCALL_sock_start_tls, h, "a", (size_t)1, "", (size_t)0); }
WAY(address_) { return sys(w, SYSCALL_sock_address, h, 0); }
WAY(lock_shared) { return sys(w, SYSCALL_fd_lock, h, WASI_LOCK_SHARED, 0, (uint64_t)0, (uint64_t)0); }
WAY(lock_exclusive) { return sys(w, SYSCALL_fd_lock, h, WASI_LOCK_EXCLUSIVE, 0, (uint64_t)0, (uint64_t)0); }
WAY(unlock) { return sys(w, SYSCALL_fd_lock, h, WASI_LOCK_UNLOCK, 0, (uint64_t)0, (uint64_t)0); }
WAY(lease_folder_) { return sys(w, SYSCALL_lease_folder, h, ".", 65536u); }
WAY(lease_name_) { return sys(w, SYSCALL_lease_name, h, "file"); }
WAY(lease_file_) { return sys(w, SYSCALL_lease_file, h); }
WAY(lease_files_) { return sys(w, SYSCALL_lease_files, h, ".", 65536u, "", (size_t)0, 65536u); }
WAY(lease_keep_) { return sys(w, SYSCALL_lease_keep, h, "."); }

/* What the page keeps it got by another handle of the same folder. */
WAY(lease_open_)
{
	REQUIRE(sys(w, SYSCALL_lease_keep, ROOT, "dir") == WASI_OK);
	return sys(w, SYSCALL_lease_open, h, ".", u32_at(w, 0), w->next_slot++);
}

static wasi_errno_t poll_for(struct world *world, uint32_t handle, uint8_t tag)
{
	wasi_subscription_t two[2] = { { .tag = tag, .fd.fd = handle },
		{ .tag = WASI_EVENTTYPE_CLOCK, .clock.id = WASI_CLOCK_MONOTONIC } };
	wasi_errno_t err = sys(world, SYSCALL_poll_oneoff, two, sizeof two);
	wasi_event_t event;

	if (err)
		return err;
	memcpy(&event, world->reply, sizeof event);
	return event.error;
}
WAY(create_like)
{
	return sys(w, SYSCALL_path_create_like, h, "created", must_open(w, ROOT, "dir/file", 0, R), w->next_slot++);
}
WAY(poll_read) { return poll_for(w, h, WASI_EVENTTYPE_FD_READ); }
WAY(poll_write) { return poll_for(w, h, WASI_EVENTTYPE_FD_WRITE); }

static const struct way {
	const char *name;
	enum syscall_number call;
	wasi_errno_t (*try)(struct world *world, uint32_t handle);
	enum on on;
	uint64_t needs, needs_below; /* of the handle; of what is opened below it */
} ways[] = {
#define ROW(call_name, way_name, kind, ...) \
	{ .name = #way_name, .call = SYSCALL_##call_name, .try = way_name, .on = kind, .needs = __VA_ARGS__ }
	ROW(fd_advise, advise, ON_FILE, RIGHT(FD_ADVISE)),
	ROW(fd_allocate, allocate, ON_FILE, RIGHT(FD_ALLOCATE)),
	ROW(fd_datasync, datasync, ON_FILE, RIGHT(FD_DATASYNC)),
	ROW(fd_fdstat_get, fdstat_get, ON_FILE, 0),
	ROW(fd_fdstat_set_flags, set_flags, ON_FILE, RIGHT(FD_FDSTAT_SET_FLAGS)),
	ROW(fd_fdstat_set_flags, set_flags, ON_SOCKET, RIGHT(FD_FDSTAT_SET_FLAGS)),
	ROW(fd_fdstat_set_flags, set_flags, ON_STDIN, RIGHT(FD_FDSTAT_SET_FLAGS)),
	ROW(fd_fdstat_set_rights, set_rights, ON_FILE, 0),
	ROW(fd_filestat_get, filestat_get, ON_FILE, RIGHT(FD_FILESTAT_GET)),
	ROW(fd_filestat_get, filestat_get, ON_DIR, RIGHT(FD_FILESTAT_GET)),
	ROW(fd_filestat_set_size, set_size, ON_FILE, RIGHT(FD_FILESTAT_SET_SIZE)),
	ROW(fd_filestat_set_times, set_times, ON_FILE, RIGHT(FD_FILESTAT_SET_TIMES)),
	ROW(fd_filestat_set_times, set_times, ON_DIR, RIGHT(FD_FILESTAT_SET_TIMES)),
	ROW(fd_pread, pread_, ON_FILE, RIGHT(FD_READ) | RIGHT(FD_SEEK)),
	ROW(fd_prestat_get, prestat_get, ON_DIR, 0),
	ROW(fd_prestat_dir_name, prestat_dir_name, ON_DIR, 0),
	ROW(fd_pwrite, pwrite_, ON_FILE, RIGHT(FD_WRITE) | RIGHT(FD_SEEK)),
	ROW(fd_read, read_, ON_FILE, RIGHT(FD_READ)),
	ROW(fd_read, read_, ON_SOCKET, RIGHT(FD_READ)),
	ROW(fd_read, read_, ON_STDIN, RIGHT(FD_READ)),
	ROW(fd_readdir, readdir_, ON_DIR, RIGHT(FD_READDIR)),
	ROW(fd_renumber, renumber, ON_FILE, 0),
	ROW(fd_close, close_, ON_FILE, 0),
	ROW(fd_seek, seek, ON_FILE, RIGHT(FD_SEEK)),
	ROW(fd_sync, sync_, ON_FILE, RIGHT(FD_SYNC)),
	ROW(fd_tell, tell, ON_FILE, RIGHT(FD_TELL)),
	ROW(fd_write, write_, ON_FILE, RIGHT(FD_WRITE)),
	ROW(fd_write, write_, ON_SOCKET, RIGHT(FD_WRITE)),
	ROW(path_create_directory, create_directory, ON_DIR, RIGHT(PATH_CREATE_DIRECTORY)),
	ROW(path_filestat_get, path_stat, ON_DIR, RIGHT(PATH_FILESTAT_GET)),
	ROW(path_filestat_set_times, path_set_times, ON_DIR, RIGHT(PATH_FILESTAT_SET_TIMES)),
	ROW(path_link, link_from, ON_DIR, RIGHT(PATH_LINK_SOURCE)),
	ROW(path_link, link_to, ON_DIR, RIGHT(PATH_LINK_TARGET)),
	ROW(path_rename, rename_from, ON_DIR, RIGHT(PATH_RENAME_SOURCE)),
	ROW(path_rename, rename_to, ON_DIR, RIGHT(PATH_RENAME_TARGET)),
	ROW(path_readlink, readlink_, ON_DIR, RIGHT(PATH_READLINK)),
	ROW(path_remove_directory, remove_directory, ON_DIR, RIGHT(PATH_REMOVE_DIRECTORY)),
	ROW(path_symlink, symlink_, ON_DIR, RIGHT(PATH_SYMLINK)),
	ROW(path_unlink_file, unlink_, ON_DIR, RIGHT(PATH_UNLINK_FILE)),
	ROW(path_open, open_, ON_DIR, RIGHT(PATH_OPEN)),
	ROW(path_open, open_read, ON_DIR, RIGHT(PATH_OPEN), RIGHT(FD_READ)),
	ROW(path_open, open_write, ON_DIR, RIGHT(PATH_OPEN), RIGHT(FD_WRITE)),
	ROW(path_open, open_create, ON_DIR, RIGHT(PATH_OPEN) | RIGHT(PATH_CREATE_FILE)),
	ROW(path_open, open_create_exists, ON_DIR, RIGHT(PATH_OPEN) | RIGHT(PATH_CREATE_FILE)),
	ROW(path_open, open_truncate, ON_DIR, RIGHT(PATH_OPEN) | RIGHT(PATH_FILESTAT_SET_SIZE)),
	ROW(path_create_like, create_like, ON_DIR, RIGHT(PATH_CREATE_FILE)),
	ROW(poll_oneoff, poll_read, ON_FILE, RIGHT(POLL_FD_READWRITE) | RIGHT(FD_READ)),
	ROW(poll_oneoff, poll_write, ON_FILE, RIGHT(POLL_FD_READWRITE) | RIGHT(FD_WRITE)),
	ROW(poll_oneoff, poll_read, ON_SOCKET, RIGHT(POLL_FD_READWRITE) | RIGHT(FD_READ)),
	ROW(poll_oneoff, poll_read, ON_STDIN, RIGHT(POLL_FD_READWRITE) | RIGHT(FD_READ)),
	ROW(poll_oneoff, poll_read, ON_LISTENER, RIGHT(POLL_FD_READWRITE)),
	ROW(sock_accept, accept_, ON_LISTENER, RIGHT(SOCK_ACCEPT)),
	ROW(sock_recv, recv_, ON_SOCKET, RIGHT(FD_READ)),
	ROW(sock_send, send_, ON_SOCKET, RIGHT(FD_WRITE)),
	ROW(sock_connect, connect_, ON_SOCKET, 0),
	ROW(sock_address, address_, ON_SOCKET, 0),
	ROW(sock_bind, bind_, ON_SOCKET, 0),
	ROW(sock_listen, listen_, ON_SOCKET, 0),
	ROW(sock_get_option, get_option_, ON_SOCKET, 0),
	ROW(sock_set_option, set_option_, ON_SOCKET, 0),
	ROW(sock_send_to, send_to_, ON_SOCKET, RIGHT(FD_WRITE)),
	ROW(sock_receive_from, receive_from_, ON_SOCKET, RIGHT(FD_READ)),
	ROW(sock_start_tls, start_tls_, ON_SOCKET, RIGHT(FD_READ) | RIGHT(FD_WRITE)),
	ROW(sock_shutdown, shutdown_, ON_SOCKET, RIGHT(SOCK_SHUTDOWN)),
	ROW(fd_lock, lock_shared, ON_FILE, RIGHT(FD_READ)),
	ROW(fd_lock, lock_exclusive, ON_FILE, RIGHT(FD_WRITE)),
	ROW(fd_lock, unlock, ON_FILE, 0),
	/* what the page learns by these answers any call that the program makes later */
	ROW(lease_folder, lease_folder_, ON_DIR, EVERY, EVERY),
	ROW(lease_name, lease_name_, ON_DIR, EVERY, EVERY),
	ROW(lease_file, lease_file_, ON_FILE, RIGHT(FD_READ) | RIGHT(FD_FILESTAT_GET)),
	ROW(lease_files, lease_files_, ON_DIR, EVERY, EVERY),
	ROW(lease_keep, lease_keep_, ON_DIR, EVERY, EVERY),
	ROW(lease_open, lease_open_, ON_DIR, EVERY, EVERY),
};

/* ---- a guest for each try, so that none sees what another changed ---- */

static void with_listener(struct guest_config *config)
{
	config->grants_count = TMP - ROOT; /* a scratch folder takes time to make */
	config->listeners = &listener;
	config->listeners_count = 1;
}

static void places_make(struct world *world)
{
	static bool leases_started;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int mounts;

	world_folders(world);
	put_dir(world, "root/dir");
	put_link(world, "root/dir/to", "file");
	listener.fd = world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	REQUIRE(bind(listener.fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener.fd, 10) == 0);
	if (!leases_started)
		REQUIRE(wasi_leases_start(&mounts) >= 0);
	leases_started = true;
	wasi_leases_limit(1000);
}

static void things_make(struct world *world)
{
	static const char *const leftovers[] = { "root/dir/new", "root/dir/link", "root/dir/renamed", "root/dir/symlink",
		"root/dir/created", "other/link", "other/renamed" };

	for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++)
		remove(real(world, "%s", leftovers[i]));
	mkdir(real(world, "root/dir/empty"), 0755);
	put_file(world, "root/dir/file", "file");
	put_file(world, "other/file", "file");
	world->next_slot = 16;
	world_guest(world, with_listener);
}

static uint32_t socket_open(struct world *world, int *peer)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;
	uint32_t handle = world->next_slot++;

	*peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	REQUIRE(getsockname(world->listener, (struct sockaddr *)&address, &length) == 0);
	REQUIRE(connect(*peer, (struct sockaddr *)&address, sizeof address) == 0);
	REQUIRE(sys(world, SYSCALL_sock_accept, DOOR, WASI_FDFLAG_NONBLOCK, handle) == WASI_OK);
	return handle;
}

static uint32_t handle_of(struct world *world, enum on on, int *peer)
{
	switch (on) {
	case ON_DIR: return must_open(world, ROOT, "dir", DIRECTORY, 0);
	case ON_FILE: return must_open(world, ROOT, "dir/file", 0, RW);
	case ON_SOCKET: return socket_open(world, peer);
	case ON_STDIN: guest_stdin_close(world->guest); return WASI_STDIN;
	default:
		REQUIRE(sys(world, SYSCALL_fd_fdstat_set_flags, DOOR, WASI_FDFLAG_NONBLOCK) == WASI_OK);
		return DOOR;
	}
}

/* What the call answers on a handle without these rights. false: it has none of them. */
static bool answer_without(struct world *world, const struct way *way, uint64_t base, uint64_t below, wasi_errno_t *answer)
{
	uint32_t handle;
	int peer = -1;
	bool has;
	wasi_fdstat_t fdstat;

	things_make(world);
	handle = handle_of(world, way->on, &peer);
	fdstat = fdstat_of(world, handle);
	has = !(base | below) || (fdstat.rights_base & base) || (fdstat.rights_inheriting & below);
	if (has) {
		CHECK_EQ(sys(world, SYSCALL_fd_fdstat_set_rights, handle, fdstat.rights_base & ~base, fdstat.rights_inheriting & ~below),
			WASI_OK);
		*answer = way->try(world, handle);
	}
	guest_free(world->guest);
	world->guest = NULL;
	if (peer >= 0)
		close(peer);
	return has;
}

TEST(a_call_needs_its_rights_and_no_other)
{
	struct world world;
	char label[80];

	places_make(&world);
	for (const struct way *way = ways; way < ways + sizeof ways / sizeof *ways; way++) {
		wasi_errno_t usual, answer;
		uint64_t offered = 0;

		answer_without(&world, way, 0, 0, &usual);
		CHECK(usual != WASI_ENOTCAPABLE && usual != 0xFFFF, way->name);
		for (int bit = 0; bit < 2 * RIGHTS_COUNT; bit++) {
			uint64_t right = UINT64_C(1) << bit % RIGHTS_COUNT, base = bit < RIGHTS_COUNT ? right : 0, below = right ^ base;

			if (!answer_without(&world, way, base, below, &answer))
				continue;
			offered |= base;
			snprintf(label, sizeof label, "%s without right %d%s", way->name, bit % RIGHTS_COUNT, below ? " below" : "");
			CHECK_EQ(answer, (way->needs & base) || (way->needs_below & below) ? WASI_ENOTCAPABLE : usual, label);
		}
		if (way->needs != EVERY)
			CHECK_EQ(way->needs & ~offered, 0, way->name); /* what it needs can be dropped */
	}
	things_make(&world);
	world_free(&world);
}

TEST(every_call_on_a_handle_is_tried)
{
	for (size_t i = 0; i < syscalls_count; i++) {
		bool tried = !strchr(syscalls[i].takes, 'f');

		for (size_t at = 0; at < sizeof ways / sizeof *ways; at++)
			tried |= ways[at].call == syscalls[i].number;
		CHECK(tried, syscalls[i].name);
	}
}

TEST(what_is_opened_below_or_accepted_has_no_right_that_was_dropped_before)
{
	struct world world;
	uint32_t dir, below;
	int peer;

	places_make(&world);
	things_make(&world);
	dir = must_open(&world, ROOT, "dir", DIRECTORY, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, dir, fdstat_of(&world, dir).rights_base, (uint64_t)(R | RIGHT(PATH_OPEN))),
		WASI_OK);
	below = must_open(&world, dir, "file", 0, R);
	CHECK_EQ(fdstat_of(&world, below).rights_base, R);
	below = must_open(&world, dir, ".", DIRECTORY, 0);
	CHECK_EQ(fdstat_of(&world, below).rights_base, RIGHT(PATH_OPEN));
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, DOOR, fdstat_of(&world, DOOR).rights_base, W), WASI_OK);
	below = socket_open(&world, &peer);
	CHECK_EQ(fdstat_of(&world, below).rights_base, W);
	CHECK_EQ(sys(&world, SYSCALL_sock_recv, below, 0, 10), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_sock_send, below, 0, "x", (size_t)1), WASI_OK);
	close(peer);
	world_free(&world);
}
