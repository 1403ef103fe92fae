#include "injections.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "wasi/abi.h"
#include "wasi/syscalls.h"

enum { PART_MAX = 512, CHANCE_DIGITS = 9 };
static const uint64_t delay_max_ns = 3600ULL * 1000000000;

static const char *const errno_names[] = {
#define ERRNO(name, meaning) [WASI_##name] = #name,
#include "wasi/errnos.def"
};

/* ---- values ---- */

/* Digits, up to `most`; *end: what follows. */
static bool number_read(const char *text, uint64_t most, uint64_t *number, const char **end)
{
	uint64_t value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (value > (most - (uint64_t)(*at - '0')) / 10)
			return false;
		value = 10 * value + (uint64_t)(*at - '0');
	}
	*number = value;
	*end = at;
	return at > text;
}

static const char *number_set(uint32_t *field, const char *text, uint32_t least, uint32_t most, const char *wrong)
{
	uint64_t number;
	const char *end;

	if (!number_read(text, most, &number, &end) || *end || number < least)
		return wrong;
	*field = (uint32_t)number;
	return NULL;
}

static const char *error_set(struct injection *injection, const char *text)
{
	for (size_t i = 1; i < sizeof errno_names / sizeof *errno_names; i++)
		if (errno_names[i] && (!strcmp(errno_names[i], text) || !strcmp(errno_names[i] + 1, text))) {
			injection->error = (uint32_t)i;
			return NULL;
		}
	return "no such error (ENOSPC, EIO and so on are)";
}

static const char *delay_set(uint64_t *ns, const char *text)
{
	static const struct { const char *unit; uint64_t ns; } units[] = {
		{ "", 1000 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	};
	uint64_t number;
	const char *end;

	if (number_read(text, delay_max_ns, &number, &end))
		for (size_t i = 0; i < sizeof units / sizeof *units; i++)
			if (!strcmp(units[i].unit, end) && number && number <= delay_max_ns / units[i].ns) {
				*ns = number * units[i].ns;
				return NULL;
			}
	return "a delay is a number of microseconds, or a number with us, ms or s, up to an hour";
}

static const char *when_set(struct injection *injection, const char *text)
{
	static const char wrong[] = "when= takes FIRST, FIRST+, FIRST+STEP, FIRST..LAST or FIRST..LAST+STEP, counted from 1";
	uint64_t first, last, step = 1;
	const char *end;

	if (!number_read(text, UINT32_MAX - 1, &first, &end) || !first)
		return wrong;
	last = *end ? UINT32_MAX : first;
	if (!strncmp(end, "..", 2)) {
		end += 2;
		if (*end && *end != '+' && (!number_read(end, UINT32_MAX - 1, &last, &end) || last < first))
			return wrong;
	}
	if (*end == '+') {
		end++;
		if (*end && (!number_read(end, UINT32_MAX - 1, &step, &end) || !step))
			return wrong;
	}
	if (*end)
		return wrong;
	injection->first = (uint32_t)first;
	injection->last = (uint32_t)last;
	injection->step = (uint32_t)step;
	return NULL;
}

/* 0.25, or 1. */
static const char *chance_set(struct injection *injection, const char *text)
{
	char *end;
	double chance = strspn(text, "0123456789.") == strlen(text) && strlen(text) <= 2 + CHANCE_DIGITS ? strtod(text, &end) : 2;

	if (chance > 1 || *end || !(chance > 0))
		return "a probability is between 0 and 1, as 0.01";
	injection->chance = (uint32_t)(chance * INJECTION_ALWAYS);
	if (!injection->chance)
		injection->chance = 1;
	return NULL;
}

/* ---- which calls ---- */

static bool moves_bytes(const struct syscall *row)
{
	static const char *const names[] = { "fd_read", "fd_pread", "fd_write", "fd_pwrite",
		"sock_recv", "sock_send", "sock_receive_from", "sock_send_to" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], row->name))
			return true;
	return false;
}

static bool has(const struct injection *injection, uint16_t number)
{
	for (size_t i = 0; i < injection->calls_count; i++)
		if (injection->calls[i] == number)
			return true;
	return false;
}

static bool calls_add(struct injection *injection, const char *pattern)
{
	bool any = false;

	for (size_t i = 0; i < syscalls_count; i++) {
		if (fnmatch(pattern, syscalls[i].name, 0) != 0)
			continue;
		any = true;
		if (injection->calls_count < INJECTION_CALLS_MAX && !has(injection, syscalls[i].number))
			injection->calls[injection->calls_count++] = syscalls[i].number;
	}
	return any;
}

static const char *calls_set(struct injection *injection, char *text)
{
	for (char *rest = text, *name; (name = strsep(&rest, ","));)
		if (!calls_add(injection, name))
			return "no such call (fd_write, path_* and so on are)";
	return NULL;
}

/* A short read or write can't be had of calls that do neither. */
static const char *only_those_that_move_bytes(struct injection *injection)
{
	size_t kept = 0;

	for (size_t i = 0; i < injection->calls_count; i++)
		if (moves_bytes(syscall_find(injection->calls[i])))
			injection->calls[kept++] = injection->calls[i];
	injection->calls_count = kept;
	return kept ? NULL : "short= works with calls that read or write: fd_read, fd_write, sock_recv and so on";
}

/* ---- the whole ---- */

static const char *part_set(struct injection *injection, const char *name, const char *value)
{
	if (!strcmp(name, "lost") && !value) {
		injection->lost = true;
		return NULL;
	}
	if (!value || !*value)
		return "behind the calls each part is NAME=VALUE, or lost";
	if (!strcmp(name, "error"))
		return error_set(injection, value);
	if (!strcmp(name, "delay_enter"))
		return delay_set(&injection->enter_ns, value);
	if (!strcmp(name, "delay_exit"))
		return delay_set(&injection->exit_ns, value);
	if (!strcmp(name, "short"))
		return number_set(&injection->bytes, value, 1, UINT32_MAX, "short= takes a number of bytes, from 1");
	if (!strcmp(name, "when"))
		return when_set(injection, value);
	if (!strcmp(name, "probability"))
		return chance_set(injection, value);
	if (!strcmp(name, "seed"))
		return number_set(&injection->seed, value, 0, UINT32_MAX, "seed= takes a number below 4294967296");
	if (!strcmp(name, "fd"))
		return number_set(&injection->fd, value, 0, INT32_MAX, "fd= takes a descriptor's number");
	return "no such part (error, delay_enter, delay_exit, short, lost, when, probability, seed, fd and path are)";
}

static const char *parts_set(struct injection *injection, char *rest)
{
	const char *wrong = calls_set(injection, strsep(&rest, ":"));

	while (!wrong && rest) {
		char *name = rest, *value;

		if (!strncmp(rest, "path=", 5)) { /* which may have a colon in it */
			if (!rest[5] || strlen(rest + 5) >= INJECTION_PATH_MAX)
				return "a path has 1 to 255 bytes";
			strcpy(injection->path, rest + 5);
			break;
		}
		name = strsep(&rest, ":");
		value = strchr(name, '=');
		if (value)
			*value++ = 0;
		wrong = part_set(injection, name, value);
	}
	return wrong;
}

const char *injection_read(struct injection *injection, const char *text)
{
	char parts[PART_MAX];
	const char *wrong;

	*injection = (struct injection){ .first = 1, .last = UINT32_MAX, .step = 1, .chance = INJECTION_ALWAYS,
		.fd = INJECTION_ANY_FD };
	if (strlen(text) >= sizeof parts)
		return "a rule has 511 bytes at most";
	strcpy(parts, text);
	wrong = parts_set(injection, parts);
	if (!wrong && injection->bytes)
		wrong = only_those_that_move_bytes(injection);
	if (!wrong && !injection->error && !injection->enter_ns && !injection->exit_ns && !injection->bytes && !injection->lost)
		wrong = "no action: give error=ENOSPC, delay_enter=50ms, short=100 or lost";
	return wrong;
}
