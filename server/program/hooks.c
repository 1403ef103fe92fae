#include "hooks.h"

struct hook *_Atomic hooks_first;

void hook_add(struct hook *hook)
{
	hook->next = hooks_first;
	hooks_first = hook;
}

void hook_remove(struct hook *hook)
{
	struct hook *before = hooks_first;

	if (before == hook) {
		hooks_first = hook->next;
		return;
	}
	while (before && before->next != hook)
		before = before->next;
	if (before)
		before->next = hook->next;
}

bool hook_is_on(const struct hook *hook)
{
	for (const struct hook *at = hooks_first; at; at = at->next)
		if (at == hook)
			return true;
	return false;
}

/* ---- without a debugger ---- */

static void none_program(struct program *program)
{
}

static bool none_frame(struct program *program, const struct frame *frame)
{
	return true;
}

static uint32_t none_mode(const struct program *program)
{
	return 0;
}

static bool none_before(struct batch *batch, const struct call *call)
{
	return false;
}

static bool none_after(struct batch *batch)
{
	return false;
}

static void none_stdin(struct program *program, const uint8_t *bytes, size_t length)
{
}

static bool none_wants(void)
{
	return false;
}

static bool none_recorded(uint32_t program, enum recorded_part part, const void *bytes, size_t length)
{
	return false;
}

static const struct debugger_hooks none = {
	none_program, none_program, none_frame, none_frame, none_frame, none_mode, none_before, none_after, none_stdin,
	none_wants, none_recorded,
};
const struct debugger_hooks *debugger_hooks = &none;

void hooks_debugger(const struct debugger_hooks *hooks)
{
	debugger_hooks = hooks;
}
