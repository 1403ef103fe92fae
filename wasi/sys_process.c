/* What a program asks about itself and the world: arguments, environment, preopens, clocks, random bytes; and its end. */
#include <stdlib.h>
#include <time.h>

#include "guest.h"

static wasi_errno_t give_strings(struct call *call, const struct strings *strings)
{
	if (strings->length)
		reply_bytes(call, strings->bytes, strings->length);
	return WASI_OK;
}

static wasi_errno_t give_sizes(struct call *call, const struct strings *strings)
{
	reply_u32(call, (uint32_t)strings->count);
	reply_u32(call, (uint32_t)strings->length);
	return WASI_OK;
}

wasi_errno_t sys_args_get(struct guest *guest, struct call *call) { return give_strings(call, &guest->args); }
wasi_errno_t sys_args_sizes_get(struct guest *guest, struct call *call) { return give_sizes(call, &guest->args); }
wasi_errno_t sys_environ_get(struct guest *guest, struct call *call) { return give_strings(call, &guest->env); }
wasi_errno_t sys_environ_sizes_get(struct guest *guest, struct call *call) { return give_sizes(call, &guest->env); }

/* ---- clocks ---- */

/* The program computes in the page, where its CPU time can't be measured: the CPU clocks are BADF, as in wasmtime. */
static wasi_errno_t clock_of(uint64_t id, int *clock)
{
	*clock = id == WASI_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	return id <= WASI_CLOCK_MONOTONIC ? WASI_OK : id <= WASI_CLOCK_THREAD_CPUTIME ? WASI_EBADF : WASI_EINVAL;
}

wasi_errno_t sys_clock_res_get(struct guest *guest, struct call *call)
{
	int clock;
	wasi_errno_t error = clock_of(call->args[0].n, &clock);

	if (!error)
		reply_u64(call, host_clock_res_ns(clock));
	return error;
}

wasi_errno_t sys_clock_time_get(struct guest *guest, struct call *call)
{
	int clock;
	wasi_errno_t error = clock_of(call->args[0].n, &clock);

	if (!error)
		reply_u64(call, host_clock_ns(clock));
	return error;
}

/* ---- preopens ---- */

wasi_errno_t sys_fd_prestat_get(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];

	if (!object->preopen)
		return WASI_EBADF;
	reply_u32(call, WASI_PREOPENTYPE_DIR);
	reply_u32(call, (uint32_t)strlen(object->root->name));
	return WASI_OK;
}

wasi_errno_t sys_fd_prestat_dir_name(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	size_t length;

	if (!object->preopen)
		return WASI_EBADF;
	length = strlen(object->root->name);
	if (call->args[1].n < length || length > guest->limits.data)
		return WASI_ENAMETOOLONG;
	reply_bytes(call, object->root->name, length);
	return WASI_OK;
}

/* ---- the rest ---- */

wasi_errno_t sys_random_get(struct guest *guest, struct call *call)
{
	uint32_t length = guest_clamp(guest, call->args[0].n);
	wasi_errno_t err = host_random(call->reply, length);

	if (!err)
		call->reply_length = length;
	return err;
}

wasi_errno_t sys_sched_yield(struct guest *guest, struct call *call) { return WASI_OK; }

wasi_errno_t sys_stdin_skip(struct guest *guest, struct call *call)
{
	stdin_skip_to(&guest->input, call->args[0].n);
	return WASI_OK;
}

static wasi_errno_t end(struct guest *guest, uint32_t code)
{
	guest->exited = true;
	guest->exit_code = code;
	return WASI_OK;
}

wasi_errno_t sys_proc_exit(struct guest *guest, struct call *call) { return end(guest, (uint32_t)call->args[0].n); }

/* No handlers in preview1: a signal does what its default is. */
wasi_errno_t sys_proc_raise(struct guest *guest, struct call *call)
{
	uint32_t signal = (uint32_t)call->args[0].n;

	switch (signal) {
	case WASI_SIGNAL_NONE: case WASI_SIGNAL_CHLD: case WASI_SIGNAL_CONT: case WASI_SIGNAL_URG: case WASI_SIGNAL_WINCH:
		return WASI_OK;
	case WASI_SIGNAL_STOP: case WASI_SIGNAL_TSTP: case WASI_SIGNAL_TTIN: case WASI_SIGNAL_TTOU:
		return WASI_ENOTSUP; /* nothing could continue it */
	default:
		return signal > WASI_SIGNAL_SYS ? WASI_EINVAL : end(guest, 128 + signal);
	}
}

/* ---- the next start ---- */

wasi_errno_t sys_start_hints(struct guest *guest, struct call *call)
{
	uint32_t length = call->args[0].bytes.length;
	uint8_t *copy;

	if (length > WASI_HINTS_MAX)
		return WASI_E2BIG;
	copy = malloc(length + 1);
	if (!copy)
		return WASI_ENOMEM;
	memcpy(copy, call->args[0].bytes.at, length);
	free(guest->hints);
	guest->hints = copy;
	guest->hints_length = length;
	return WASI_OK;
}

const uint8_t *guest_hints(const struct guest *guest, size_t *length)
{
	*length = guest->hints_length;
	return guest->hints;
}
