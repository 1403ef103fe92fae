/* guest_call(): the rules that hold for every call, in one place, around the functions of the table. In this order: handles, where it may
 * run, failed writes that nobody has been told of, read-only grants, rights that were dropped. */
#include "guest.h"
#include "park.h"

/* Rights that must not have been dropped, of the first and the second f argument. Others are reported, not demanded. */
static const struct needs {
	uint64_t first, second;
} needs[] = {
	[SYSCALL_fd_advise] = { WASI_RIGHT_FD_ADVISE, 0 },
	[SYSCALL_fd_allocate] = { WASI_RIGHT_FD_ALLOCATE, 0 },
	[SYSCALL_fd_datasync] = { WASI_RIGHT_FD_DATASYNC, 0 },
	[SYSCALL_fd_fdstat_set_flags] = { WASI_RIGHT_FD_FDSTAT_SET_FLAGS, 0 },
	[SYSCALL_fd_filestat_get] = { WASI_RIGHT_FD_FILESTAT_GET, 0 },
	[SYSCALL_fd_filestat_set_size] = { WASI_RIGHT_FD_FILESTAT_SET_SIZE, 0 },
	[SYSCALL_fd_filestat_set_times] = { WASI_RIGHT_FD_FILESTAT_SET_TIMES, 0 },
	[SYSCALL_fd_readdir] = { WASI_RIGHT_FD_READDIR, 0 },
	[SYSCALL_fd_seek] = { WASI_RIGHT_FD_SEEK, 0 },
	[SYSCALL_fd_sync] = { WASI_RIGHT_FD_SYNC, 0 },
	[SYSCALL_fd_tell] = { WASI_RIGHT_FD_TELL, 0 },
	[SYSCALL_path_create_directory] = { WASI_RIGHT_PATH_CREATE_DIRECTORY, 0 },
	[SYSCALL_path_filestat_get] = { WASI_RIGHT_PATH_FILESTAT_GET, 0 },
	[SYSCALL_path_filestat_set_times] = { WASI_RIGHT_PATH_FILESTAT_SET_TIMES, 0 },
	[SYSCALL_path_link] = { WASI_RIGHT_PATH_LINK_SOURCE, WASI_RIGHT_PATH_LINK_TARGET },
	[SYSCALL_path_open] = { WASI_RIGHT_PATH_OPEN, 0 },
	[SYSCALL_path_readlink] = { WASI_RIGHT_PATH_READLINK, 0 },
	[SYSCALL_path_remove_directory] = { WASI_RIGHT_PATH_REMOVE_DIRECTORY, 0 },
	[SYSCALL_path_rename] = { WASI_RIGHT_PATH_RENAME_SOURCE, WASI_RIGHT_PATH_RENAME_TARGET },
	[SYSCALL_path_symlink] = { WASI_RIGHT_PATH_SYMLINK, 0 },
	[SYSCALL_path_unlink_file] = { WASI_RIGHT_PATH_UNLINK_FILE, 0 },
	[SYSCALL_sock_accept] = { WASI_RIGHT_SOCK_ACCEPT, 0 },
	[SYSCALL_sock_shutdown] = { WASI_RIGHT_SOCK_SHUTDOWN, 0 },
	/* FD_READ and FD_WRITE: BADF, as when the file wasn't opened for it; sys_fd.c and sys_sock.c look. */
};
enum { NEEDS_COUNT = sizeof needs / sizeof *needs };

static const union call_arg *made_handle(const struct call *call)
{
	for (size_t i = 0; call->row->takes[i]; i++)
		if (call->row->takes[i] == 'h')
			return &call->args[i];
	return NULL;
}

/* ---- handles ---- */

static wasi_errno_t look_up_handles(struct guest *guest, struct call *call)
{
	wasi_errno_t err = WASI_OK;
	size_t found = 0;

	for (size_t i = 0; call->row->takes[i]; i++) {
		if (call->row->takes[i] != 'f')
			continue;
		switch (fd_table_find(&guest->table, (wasi_handle_t)call->args[i].n, &guest->in[found++])) {
		case HANDLE_OPEN:
			break;
		case HANDLE_CLOSED:
			err = WASI_EBADF;
			break;
		case HANDLE_BAD:
			call->bad_handle = true;
			return WASI_EBADF;
		}
	}
	return err;
}

static wasi_errno_t check_handles(struct guest *guest, struct call *call)
{
	const union call_arg *made = made_handle(call);
	wasi_errno_t full = WASI_OK, err;

	if (made) /* first: making room moves objects */
		full = fd_table_check(&guest->table, (wasi_handle_t)made->n, &call->bad_handle);
	if (call->bad_handle)
		return WASI_EBADF;
	err = look_up_handles(guest, call);
	return err ? err : full;
}

/* ---- the flags' rules ---- */

/* The object whose failed write this call would report: the one that it ends, else its first. */
static struct object *reported_object(const struct guest *guest, const struct call *call)
{
	if (!(call->row->flags & SYSCALL_REPORTS))
		return NULL;
	return call->row->flags & SYSCALL_ENDS && guest->in[1] ? guest->in[1] : guest->in[0];
}

static bool is_quiet_write(const struct call *call) { return (call->row->flags & SYSCALL_WRITES) && (call->flags & CALL_QUIET); }

/* After a failed quiet write the next ones would leave a hole. */
static bool is_dropped(const struct guest *guest, const struct call *call) { return is_quiet_write(call) && guest->in[0]->poison; }

static wasi_errno_t first_poison(struct guest *guest)
{
	struct object *object;

	for (uint32_t at = 0; (object = fd_table_next(&guest->table, &at));)
		if (object->poison)
			return object->poison;
	return WASI_OK;
}

static bool may_block_anyway(const struct guest *guest, const struct call *call)
{
	return !call->may_block && !(call->row->flags & SYSCALL_LOCAL) && ((guest->in[0] && guest->in[0]->slow) || (guest->in[1] && guest->in[1]->slow));
}

static bool is_read_only(const struct object *object) { return object && object->root && object->root->read_only; }

/* May it run? *ends is left false when a call that ENDS its handle has nothing to end. */
static wasi_errno_t admit(struct guest *guest, struct call *call, bool *ends)
{
	struct object *reported;
	wasi_errno_t err = check_handles(guest, call);
	unsigned flags = call->row->flags;

	*ends = false;
	if (err)
		return err;
	if (may_block_anyway(guest, call))
		return SYS_ELSEWHERE;
	*ends = (flags & SYSCALL_ENDS) && guest->in[0] != guest->in[1];
	if (guest->poisoned) {
		if (is_dropped(guest, call)) {
			call->skipped = true;
			return guest->in[0]->poison;
		}
		reported = reported_object(guest, call);
		if (reported && reported->poison) {
			err = reported->poison;
			reported->poison = WASI_OK;
			guest->poisoned--;
			return err;
		}
		if (flags & SYSCALL_PUBLISHES)
			return first_poison(guest);
	}
	if ((flags & SYSCALL_CHANGES) && (is_read_only(guest->in[0]) || is_read_only(guest->in[1])))
		return WASI_EPERM;
	if (call->row->number < NEEDS_COUNT) {
		const struct needs *need = &needs[call->row->number];

		if ((need->first && !object_may(guest->in[0], need->first)) || (need->second && !object_may(guest->in[1], need->second)))
			return WASI_ENOTCAPABLE;
	}
	return WASI_OK;
}

/* A parked call was admitted once; what it waited for may have been closed since. */
static wasi_errno_t admit_again(struct guest *guest, struct call *call)
{
	wasi_errno_t err;

	if (park_is_closed(call))
		return WASI_EBADF;
	err = look_up_handles(guest, call);
	call->bad_handle = false;
	if (!err && is_dropped(guest, call)) {
		call->skipped = true;
		err = guest->in[0]->poison;
	}
	return err;
}

static void fail_quiet_write(struct guest *guest, struct call *call, wasi_errno_t err)
{
	struct object *object = guest->in[0];

	if (object && !object->poison)
		guest->poisoned++;
	if (object)
		object->poison = err;
	if (call->reply_length)
		return;
	reply_u32(call, 0); /* how far it came */
	if (call->row->number == SYSCALL_fd_write)
		reply_u64(call, call->args[1].n);
}

enum call_state guest_call(struct guest *guest, struct call *call)
{
	const union call_arg *made = made_handle(call);
	bool ends = false, resumed = call->park != NULL;
	wasi_errno_t err, closed;

	call->error = WASI_OK;
	call->skipped = call->bad_handle = false;
	call->reply_length = 0;
	if (!resumed)
		call->wait = (struct call_wait){ .deadline_ns = UINT64_MAX };
	guest->in[0] = guest->in[1] = NULL;

	err = resumed ? admit_again(guest, call) : admit(guest, call, &ends);
	if (!err && call->row->flags & SYSCALL_CHANGES && guest->in[0] && guest->in[0]->kind == OBJECT_FILE)
		leases_change_file(&guest->leases, guest->in[0]->dev, guest->in[0]->ino);
	if (!err)
		err = call->row->run(guest, call);
	if (err == SYS_ELSEWHERE)
		return CALL_ELSEWHERE;
	if (err == SYS_PARKED) {
		if (made && !resumed)
			fd_table_reserve(&guest->table, (wasi_handle_t)made->n);
		return CALL_PARKED;
	}
	park_end(call);
	if (ends) {
		closed = guest_close_object(guest, guest->in[1] ? guest->in[1] : guest->in[0]);
		err = err ? err : closed;
	}
	if (err && made && !call->bad_handle)
		fd_table_fail(&guest->table, (wasi_handle_t)made->n);
	if (err && is_quiet_write(call) && !call->skipped)
		fail_quiet_write(guest, call, err);
	else if (err)
		call->reply_length = 0;
	call->error = err;
	return CALL_DONE;
}

void guest_call_cancel(struct guest *guest, struct call *call)
{
	const union call_arg *made = made_handle(call);

	if (!call->park)
		return;
	if (made)
		fd_table_cancel(&guest->table, (wasi_handle_t)made->n);
	park_end(call);
}

bool guest_call_skipped(struct guest *guest, const struct call *call)
{
	const union call_arg *made = made_handle(call);
	bool doubled = false;

	if (made) {
		fd_table_check(&guest->table, (wasi_handle_t)made->n, &doubled);
		if (!doubled)
			fd_table_fail(&guest->table, (wasi_handle_t)made->n);
	}
	return !doubled;
}

size_t call_reply_bound(const struct guest *guest, const struct call *call)
{
	size_t bound = 0;
	uint64_t n = 0;

	for (size_t i = 0; call->row->takes[i]; i++)
		if (call->row->takes[i] == 'n')
			n = call->args[i].n;
	for (const char *letter = call->row->gives; *letter; letter++) {
		switch (*letter) {
		case 'w': bound += 4; break;
		case 'q': bound += 8; break;
		case 'F': bound += sizeof(wasi_fdstat_t); break;
		case 'S': bound += sizeof(wasi_filestat_t); break;
		case 'b':
			switch (call->row->number) {
			case SYSCALL_args_get: bound += guest->args.length; break;
			case SYSCALL_environ_get: bound += guest->env.length; break;
			case SYSCALL_poll_oneoff:
				bound += call->args[0].bytes.length / sizeof(wasi_subscription_t) * sizeof(wasi_event_t);
				break;
			case SYSCALL_lease_name: bound += 72 + 12 + sizeof(wasi_filestat_t); break;
			default: bound += guest_clamp(guest, n);
			}
		}
	}
	return bound;
}
