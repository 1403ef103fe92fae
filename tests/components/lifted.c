/* wasi:cli/run of 0.3, lifted without async, or (STACKFUL) with it but without a callback: it waits, and fails. */
#include <stdint.h>

#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("wasi:clocks/monotonic-clock@0.3.0", "wait-for") void wait_for(uint64_t);
IMPORT("[export]wasi:cli/run@0.3.0", "[task-return]run") void task_return(int32_t);

EXPORT("cabi_realloc") void *cabi_realloc(void *old, int32_t old_size, int32_t align, int32_t size)
{
	(void) old, (void) old_size, (void) align, (void) size;
	return 0;
}

#ifdef STACKFUL
EXPORT("[async-lift-stackful]wasi:cli/run@0.3.0#run") void run(void)
{
	wait_for(1000000);
	task_return(1);
}
#else
EXPORT("wasi:cli/run@0.3.0#run") int32_t run(void)
{
	wait_for(1000000);
	return 1;
}
#endif
