#include "handles.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_KEPT_MAX = 4096 };

void handles_clear(struct handles *handles)
{
	for (size_t i = 0; i < handles->count; i++)
		free((void *)(uintptr_t)handles->slots[i].path.at);
	free(handles->slots);
	*handles = (struct handles){ 0 };
}

static struct debug_handle *find(const struct handles *handles, uint64_t handle)
{
	size_t slot = WASI_HANDLE_SLOT((uint32_t)handle);

	if (slot >= handles->count || !(handles->slots[slot].flags & DEBUG_HANDLE_OPEN) || handles->slots[slot].handle != handle)
		return NULL;
	return &handles->slots[slot];
}

/* Its place, empty. NULL: no memory, and the handle isn't shown. */
static struct debug_handle *origin(struct handles *handles, uint32_t handle)
{
	size_t slot = WASI_HANDLE_SLOT(handle), count = handles->count;
	struct debug_handle *slots;

	if (slot >= count) {
		for (count = count ? count : 16; slot >= count; count *= 2)
			;
		slots = realloc(handles->slots, count * sizeof *slots);
		if (!slots)
			return NULL;
		memset(slots + handles->count, 0, (count - handles->count) * sizeof *slots);
		handles->slots = slots;
		handles->count = count;
	}
	free((void *)(uintptr_t)handles->slots[slot].path.at);
	handles->slots[slot] = (struct debug_handle){ .handle = handle, .flags = DEBUG_HANDLE_OPEN, .offset = DEBUG_NONE64 };
	return &handles->slots[slot];
}

static void fdstat_take(struct debug_handle *entry, const wasi_fdstat_t *fdstat)
{
	entry->filetype = fdstat->filetype;
	entry->fdflags = fdstat->flags;
	entry->rights = fdstat->rights_base;
	entry->inheriting = fdstat->rights_inheriting;
	entry->offset = fdstat->filetype == WASI_FILETYPE_REGULAR_FILE ? 0 : DEBUG_NONE64;
}

/* base/name; name alone if it is absolute or there's no base. */
static void path_join(struct debug_handle *entry, const struct debug_handle *base, const uint8_t *name, size_t length)
{
	size_t base_length = base ? base->path.length : 0;
	bool slash = base_length && base->path.at[base_length - 1] != '/';
	uint8_t *path;

	if (base_length + slash + length > PATH_KEPT_MAX || !(path = malloc(base_length + slash + length + 1)))
		return;
	if (base_length)
		memcpy(path, base->path.at, base_length);
	if (slash)
		path[base_length] = '/';
	memcpy(path + base_length + slash, name, length);
	entry->path = (struct bytes){ path, (uint32_t)(base_length + slash + length) };
	if (base)
		entry->flags |= base->flags & DEBUG_HANDLE_HOST_PATH;
}

void handles_add(struct handles *handles, const struct guest_handle *handle)
{
	struct debug_handle *entry = origin(handles, handle->handle);

	if (!entry)
		return;
	fdstat_take(entry, &handle->fdstat);
	entry->offset = DEBUG_NONE64;
	entry->flags |= (handle->is_preopen ? DEBUG_HANDLE_PREOPEN : 0) | (handle->path_is_hosts ? DEBUG_HANDLE_HOST_PATH : 0);
	path_join(entry, NULL, (const uint8_t *)handle->path, strlen(handle->path));
}

static const struct debug_handle *opened(struct handles *handles, const struct call *call, uint32_t handle, uint64_t ordinal)
{
	struct debug_handle *entry = origin(handles, handle);
	const struct debug_handle *base = find(handles, call->args[0].n);
	wasi_fdstat_t fdstat;

	if (!entry)
		return NULL;
	memcpy(&fdstat, call->reply, sizeof fdstat);
	fdstat_take(entry, &fdstat);
	entry->opened = ordinal;
	if (call->row->number == SYSCALL_path_open)
		path_join(entry, base, call->args[2].bytes.at, call->args[2].bytes.length);
	else if (call->row->number == SYSCALL_lease_open)
		path_join(entry, base, call->args[1].bytes.at, call->args[1].bytes.length);
	else if (call->row->number == SYSCALL_sock_accept && base)
		path_join(entry, NULL, base->path.at, base->path.length);
	return entry;
}

static const struct debug_handle *closed(struct debug_handle *entry)
{
	if (entry)
		entry->flags &= ~(uint32_t)DEBUG_HANDLE_OPEN;
	return entry;
}

const struct debug_handle *handles_call(struct handles *handles, const struct call *call, uint64_t ordinal)
{
	const char *made = strchr(call->row->takes, 'h');
	struct debug_handle *entry;

	if (call->skipped)
		return NULL;
	if (made)
		return call->error || call->reply_length < sizeof(wasi_fdstat_t) ? NULL :
		       opened(handles, call, (uint32_t)call->args[made - call->row->takes].n, ordinal);
	switch (call->row->number) {
	case SYSCALL_fd_close:
		return closed(find(handles, call->args[0].n)); /* whatever it returned */
	case SYSCALL_fd_renumber:
		return closed(find(handles, call->args[1].n));
	case SYSCALL_fd_fdstat_set_flags:
		if (call->error || !(entry = find(handles, call->args[0].n)))
			return NULL;
		entry->fdflags = (uint16_t)call->args[1].n;
		return entry;
	case SYSCALL_fd_fdstat_set_rights:
		if (call->error || !(entry = find(handles, call->args[0].n)))
			return NULL;
		entry->rights = call->args[1].n;
		entry->inheriting = call->args[2].n;
		return entry;
	}
	return NULL;
}

void handles_offset(struct handles *handles, uint32_t handle, uint64_t offset)
{
	struct debug_handle *entry = find(handles, handle);

	if (entry && entry->offset != DEBUG_NONE64 && offset != DEBUG_NONE64)
		entry->offset = offset;
}
