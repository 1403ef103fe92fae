/* What a program has open, learned from its calls: the debugger shows each handle's name and the call that opened it, and the
 * guest keeps neither. Pure bookkeeping. Leaves to others: locks, and sending it. */
#ifndef SERVER_DEBUGGER_HANDLES_H
#define SERVER_DEBUGGER_HANDLES_H

#include "wasi/wasi.h"
#include "wire.h"

struct handles {
	struct debug_handle *slots; /* by slot; flags 0: free. Paths are owned */
	size_t count;
};

void handles_clear(struct handles *handles);
/* One that was open before. */
void handles_add(struct handles *handles, const struct guest_handle *handle);
/* The guest has done a call: gives the handle whose entry changed (closed: its flags lack OPEN), or NULL. */
const struct debug_handle *handles_call(struct handles *handles, const struct call *call, uint64_t ordinal);
/* Notes its new offset. */
void handles_offset(struct handles *handles, uint32_t handle, uint64_t offset);

#endif
