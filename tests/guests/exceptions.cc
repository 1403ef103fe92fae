// A program built with wasm exceptions: proc_exit must end it although every frame would catch an exception (mode "exit"), and its
// own exceptions must work, with calls in between (mode "throw").
#include "calls.h"
#include <stdio.h>
#include <stdlib.h>

// The little of a C++ runtime that a throw of an int needs.
extern "C" {
struct lpad_context { unsigned long index; void *lsda; unsigned long selector; };
lpad_context __wasm_lpad_context;
int _Unwind_CallPersonality(void *) { return 0; }
void *__cxa_begin_catch(void *thrown) { return thrown; }
void __cxa_end_catch() {}
int __gxx_wasm_personality_v0(...) { return 0; }
}
namespace std { void terminate() noexcept { abort(); } }

static void out(const char *text)
{
	write_all(1, text, (uint32_t)strlen(text));
}

struct Loud {
	~Loud() { out("unwound\n"); }
};

static __attribute__((noinline)) void deep(int levels, void (*then)())
{
	Loud loud;
	if (levels)
		deep(levels - 1, then);
	else
		then();
}

static int payload = 7;

int main(int argc, char **argv)
{
	bool leave = argc > 1 && !strcmp(argv[1], "exit");
	try {
		deep(2, leave ? [] { proc_exit(33); } : [] {
			out("throwing\n");
			__builtin_wasm_throw(0, &payload);
		});
	} catch (...) {
		out("caught\n");
	}
	return 5;
}
