/* The calls' functions, one a row of the table, and what they may return beside an errno.
 * guest_call() has checked handles, poison, read-only grants and dropped rights before; guest->in[] holds the open objects of the
 * call's f arguments. A function fills in call->reply and reply_length. */
#ifndef WASI_SYS_H
#define WASI_SYS_H

#include <string.h>

#include "wasi.h"

#define SYSCALL(number, name, takes, gives, flags, ...) syscall_fn sys_##name;
#include "syscalls.def"

enum { /* out of the errnos' range; guest_call() turns them into a state */
	SYS_PARKED = 0xFF00,
	SYS_ELSEWHERE = 0xFF01,
};

/* The reply grows by a piece of the `gives`. */
static inline void reply_bytes(struct call *call, const void *bytes, size_t length)
{
	memcpy(call->reply + call->reply_length, bytes, length);
	call->reply_length += (uint32_t)length;
}
static inline void reply_u32(struct call *call, uint32_t value) { reply_bytes(call, &value, sizeof value); }
static inline void reply_u64(struct call *call, uint64_t value) { reply_bytes(call, &value, sizeof value); }

#endif
