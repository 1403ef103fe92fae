/* All that the C tests need: TEST registers itself, CHECK_EQ prints both values, every test is one "ok" or "not ok" line, and the
 * last line is "N passed, N failed". One test program is one C file that includes this; adding a test is adding a function.
 * An argument runs only the tests whose names contain it. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_test {
	const char *name, *variant; /* variant: NULL, or how it runs this time */
	void (*prepare)(void);      /* NULL, or sets the variant up */
	void (*run)(void);
	struct check_test *next;
};

static struct check_test *check_first, **check_last = &check_first;
static unsigned check_failures; /* of the current test */
static jmp_buf check_give_up;

static inline void check_add(struct check_test *test)
{
	*check_last = test;
	check_last = &test->next;
}

#define CHECK_REGISTER(id, test_name, test_variant, test_prepare, test_run)                                                  \
	static struct check_test check_test_##id = { test_name, test_variant, test_prepare, test_run, NULL };                 \
	static void __attribute__((constructor)) check_add_##id(void) { check_add(&check_test_##id); }

/* TEST(what_is_promised) { … } */
#define TEST(name) static void name(void); CHECK_REGISTER(name, #name, NULL, NULL, name) static void name(void)

static inline void __attribute__((format(printf, 3, 4))) check_fail(const char *file, int line, const char *format, ...)
{
	va_list args;
	enum { TOLD_MAX = 20 };

	if (++check_failures > TOLD_MAX)
		return;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* The label, an expression of type const char *, says which row it was; "" without. */
#define CHECK_LABEL(...) CHECK_LABEL_(__VA_ARGS__ __VA_OPT__(,) "")
#define CHECK_LABEL_(label, ...) (label)

#define CHECK(condition, ...)                                                                                                 \
	do {                                                                                                                  \
		if (!(condition))                                                                                             \
			check_fail(__FILE__, __LINE__, "%s doesn't hold %s", #condition, CHECK_LABEL(__VA_ARGS__));           \
	} while (0)

/* For numbers of any kind, and pointers by CHECK. */
#define CHECK_EQ(got, wanted, ...)                                                                                            \
	do {                                                                                                                  \
		const intmax_t check_got = (intmax_t)(got), check_wanted = (intmax_t)(wanted);                                \
		if (check_got != check_wanted)                                                                                \
			check_fail(__FILE__, __LINE__, "%s is %" PRIdMAX ", not %s = %" PRIdMAX " %s", #got, check_got, #wanted, \
			           check_wanted, CHECK_LABEL(__VA_ARGS__));                                                   \
	} while (0)

#define CHECK_STR(got, wanted, ...)                                                                                           \
	do {                                                                                                                  \
		const char *check_got = (got), *check_wanted = (wanted);                                                      \
		if (!check_got || strcmp(check_got, check_wanted) != 0)                                                       \
			check_fail(__FILE__, __LINE__, "%s is '%s', not '%s' %s", #got, check_got ? check_got : "(null)", check_wanted, \
			           CHECK_LABEL(__VA_ARGS__));                                                                 \
	} while (0)

/* Without this the rest of the test makes no sense. */
#define REQUIRE(condition, ...)                                                                                               \
	do {                                                                                                                  \
		if (!(condition)) {                                                                                           \
			check_fail(__FILE__, __LINE__, "%s doesn't hold %s", #condition, CHECK_LABEL(__VA_ARGS__));           \
			longjmp(check_give_up, 1);                                                                            \
		}                                                                                                             \
	} while (0)

static inline bool check_run(const struct check_test *test)
{
	check_failures = 0;
	if (setjmp(check_give_up) == 0) {
		if (test->prepare)
			test->prepare();
		test->run();
	}
	return check_failures == 0;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	bool good;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct check_test *test = check_first; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		good = check_run(test);
		printf("%s %s%s%s\n", good ? "ok" : "not ok", test->name, test->variant ? ", " : "", test->variant ? test->variant : "");
		if (good)
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}

#endif
