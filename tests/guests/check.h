/* Assertions for programs that run inside: one line each, named for the promise. main() ends with `return check_end();`, whose
 * last line, `N passed, N failed`, is what the test outside wants to see: a program that stops half way has not passed. */
#ifndef GUESTS_CHECK_H
#define GUESTS_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* Weak: all files of a program have the same. */
__attribute__((weak)) int checks_passed, checks_failed;

#define CHECK(condition, promise) check_true((condition), promise, #condition, __FILE__, __LINE__)
#define CHECK_EQ(got, want, promise) check_equal((long long)(got), (long long)(want), promise, #got, __FILE__, __LINE__)

static inline bool check_true(bool holds, const char *promise, const char *text, const char *file, int line)
{
	if (holds) {
		checks_passed++;
		printf("ok %s\n", promise);
	} else {
		checks_failed++;
		printf("not ok %s: %s (%s:%d)\n", promise, text, file, line);
	}
	return holds;
}

static inline bool check_equal(long long got, long long want, const char *promise, const char *text, const char *file, int line)
{
	if (got == want)
		return check_true(true, promise, text, file, line);
	checks_failed++;
	printf("not ok %s: %s is %lld, not %lld (%s:%d)\n", promise, text, got, want, file, line);
	return false;
}

static inline int check_end(void)
{
	printf("%d passed, %d failed\n", checks_passed, checks_failed);
	fflush(stdout);
	return checks_failed ? 1 : 0;
}

#endif
