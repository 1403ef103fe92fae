/* guest_call(): the rules that hold for every call, in one place, around the functions of the table. In this order: handles,
 * where it may run, failed writes that nobody has been told of, read-only grants, rights that were dropped. */
#include "guest.h"
#include "park.h"

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
static bool is_dropped(const struct guest *guest, const struct call *call) { return is_quiet_write(call) &&
	guest->in[0]->poison; }

/* A connection's failure says nothing of files. */
static wasi_errno_t first_poison(struct guest *guest)
{
	struct object *object;

	for (uint32_t at = 0; (object = fd_table_next(&guest->table, &at));)
		if (object->poison && object->kind != OBJECT_SOCKET)
			return object->poison;
	return WASI_OK;
}

static bool may_block_anyway(const struct guest *guest, const struct call *call)
{
	if (call->may_block || call->row->flags & SYSCALL_LOCAL)
		return false;
	return (guest->in[0] && guest->in[0]->slow) || (guest->in[1] && guest->in[1]->slow);
}

static bool is_read_only(const struct object *object) { return object && object->root && object->root->read_only; }

/* The user took the grant back. What the program was told is done is done, unless it comes late. */
static bool is_withdrawn(const struct object *object, const struct call *call)
{
	uint64_t until_ns = object && object->root ? object->root->withdrawn_ns : 0;

	if (!until_ns || !(call->flags & (CALL_QUIET | CALL_MUST)))
		return until_ns;
	return host_clock_ns(CLOCK_MONOTONIC) >= until_ns;
}

static bool has_rights(const struct guest *guest, const struct call *call)
{
	for (int i = 0; i < 2; i++) {
		uint64_t rights = call->row->rights[i];

		if (rights && (!object_may(guest->in[i], rights) || (rights == SYSCALL_ALL_RIGHTS && guest->in[i]->dropped_inheriting)))
			return false;
	}
	return true;
}

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
	if (!(flags & SYSCALL_ENDS) && (is_withdrawn(guest->in[0], call) || is_withdrawn(guest->in[1], call)))
		return WASI_ENOTCAPABLE;
	if ((flags & SYSCALL_CHANGES) && (is_read_only(guest->in[0]) || is_read_only(guest->in[1])))
		return WASI_EPERM;
	return has_rights(guest, call) ? WASI_OK : WASI_ENOTCAPABLE;
}

/* A parked call has passed the checks; but its object may have been closed since. */
static wasi_errno_t admit_again(struct guest *guest, struct call *call)
{
	wasi_errno_t err;

	if (park_is_closed(call))
		return WASI_EBADF;
	err = look_up_handles(guest, call);
	call->bad_handle = false;
	if (!err && (is_withdrawn(guest->in[0], call) || is_withdrawn(guest->in[1], call)))
		return WASI_ENOTCAPABLE;
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
		leases_change_inode(&guest->leases, guest->in[0]->dev, guest->in[0]->ino);
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
			case SYSCALL_sock_start_tls: case SYSCALL_sock_address: bound += NETWORK_ENDPOINT_MAX; break;
			case SYSCALL_lease_name: bound += 72 + 12 + sizeof(wasi_filestat_t); break;
			case SYSCALL_sock_receive_from: bound += NETWORK_ENDPOINT_MAX; /* fall through */
			default: bound += guest_clamp(guest, n);
			}
		}
	}
	return bound;
}

bool guest_slot_next(struct guest *guest, uint32_t *at, struct guest_slot *slot)
{
	return fd_table_slot_next(&guest->table, at, &slot->handle, &slot->is_open);
}
