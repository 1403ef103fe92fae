/* The ways in which a program ends: ends HOW [NUMBER]. It prints before, and must never get to print after. */
#include "calls.h"
#include <stdio.h>
#include <stdlib.h>

static volatile int zero;

static __attribute__((noinline, optnone)) int deep(int levels, void (*then)(int), int with)
{
	if (levels)
		return deep(levels - 1, then, with) + 1;
	then(with);
	return zero;
}

static void raise_it(int signal)
{
	printf("raise gave %d\n", proc_raise(signal));
}

static __attribute__((noinline, optnone)) void trap_inside_here(int with)
{
	__builtin_trap();
}

__attribute__((noinline)) static int overflow(int depth)
{
	volatile char space[4096];
	space[depth % 4096] = (char)depth;
	return zero ? 0 : overflow(depth + 1) + space[0];
}

/* Lines, each in a call of its own; with a file, each is written there first. */
static void chatter(int lines, const char *path)
{
	FILE *file = path ? fopen(path, "w") : NULL;

	for (int i = 0; i < lines; i++) {
		if (file) {
			fprintf(file, "%d\n", i);
			fflush(file);
		}
		printf("line %d\n", i);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[2]) : 0;
	printf("before\n");
	fflush(stdout);
	if (!strcmp(how, "return"))
		return number;
	if (!strcmp(how, "exit"))
		deep(50, proc_exit, number);
	if (!strcmp(how, "raise"))
		deep(5, raise_it, number);
	if (!strcmp(how, "trap"))
		deep(3, trap_inside_here, 0);
	if (!strcmp(how, "divide"))
		printf("%d\n", 1 / zero);
	if (!strcmp(how, "outside"))
		printf("%d\n", *(volatile int *)0xfffffff0);
	if (!strcmp(how, "overflow"))
		printf("%d\n", overflow(0));
	if (!strcmp(how, "chatter") || !strcmp(how, "save")) {
		chatter(number, !strcmp(how, "save") ? "/log" : NULL);
		how = "spin";
	}
	if (!strcmp(how, "spin"))
		for (;;)
			zero = 0;
	if (!strcmp(how, "abort"))
		abort();
	printf("after\n");
	return 99;
}
