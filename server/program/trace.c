#include "trace.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/wire/call_text.h"
#include "server/wire/interfaces.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "program.h"
#include "server/base/events.h"
#include "hooks.h"

enum { LINES_MAX = 1 << 20, PIECE = 48 << 10, ROWS_MAX = 64, NAME_MAX_SHOWN = 64, FUNCTION_MAX = 120 };

struct count {
	const struct syscall *row;
	uint64_t calls, errors, total_ns, longest_ns;
};

/* Calls are done on the loop and on workers: everything here is under the lock, and the loop takes the lines away. */
static struct {
	struct hook hook; /* first: the hook's address is the trace's */
	struct gateway *gateway;
	pthread_mutex_t lock;
	uv_async_t async;
	char *lines;
	size_t length;
	uint64_t dropped;
	struct count counts[ROWS_MAX];
} trace = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool trace_filter_takes(const char *filter, const char *name)
{
	char pattern[NAME_MAX_SHOWN];

	if (!filter || !*filter)
		return true;
	for (;;) {
		size_t length = strcspn(filter, ",");

		if (length < sizeof pattern) {
			memcpy(pattern, filter, length);
			pattern[length] = 0;
			if (fnmatch(pattern, name, 0) == 0)
				return true;
		}
		if (!filter[length])
			return false;
		filter += length + 1;
	}
}

static void line_add(const struct program *program, const struct call *call, uint64_t took_ns)
{
	const char *function = interface_function(call->within);
	char line[CALL_TEXT_MAX + RESULT_TEXT_MAX + 60 + FUNCTION_MAX];
	struct timespec now;
	struct tm local;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local); /* tzset() was before the lock-in */
	length = (size_t)snprintf(line, sizeof line, "[%u] %02d:%02d:%02d.%06ld ", program->id, local.tm_hour, local.tm_min,
	                          local.tm_sec, now.tv_nsec / 1000);
	length += call_text(call, line + length, CALL_TEXT_MAX);
	line[length++] = ' ';
	length += call_text_result(call, line + length, RESULT_TEXT_MAX);
	length += (size_t)snprintf(line + length, sizeof line - length, " <%" PRIu64 ".%06" PRIu64 ">%s%.*s\n", took_ns / 1000000000,
	                           took_ns / 1000 % 1000000, function ? " ← " : "", FUNCTION_MAX - 10, function ? function : "");
	if (trace.length + length > LINES_MAX) {
		trace.dropped++;
		return;
	}
	memcpy(trace.lines + trace.length, line, length);
	trace.length += length;
	uv_async_send(&trace.async);
}

static void call_done(struct hook *hook, const struct finished *finished)
{
	const struct call *call = finished->call;
	uint64_t took_ns = finished->ended_ns - finished->started_ns;
	struct count *count = &trace.counts[call->row - syscalls];

	pthread_mutex_lock(&trace.lock);
	if (trace.lines && trace_filter_takes(trace.gateway->config->trace, call->row->name))
		line_add(finished->program, call, took_ns);
	count->row = call->row;
	count->calls++;
	count->errors += call->error != 0;
	count->total_ns += took_ns;
	if (took_ns > count->longest_ns)
		count->longest_ns = took_ns;
	pthread_mutex_unlock(&trace.lock);
}

static void lines_say(char *lines, size_t length)
{
	while (length) {
		size_t piece = length < PIECE ? length : PIECE;
		char *end = memrchr(lines, '\n', piece), kept;

		piece = end ? (size_t)(end - lines) : piece; /* the keeper adds the last newline */
		kept = lines[piece];
		lines[piece] = 0;
		events_text(trace.gateway, lines);
		lines[piece] = kept;
		piece += end != NULL;
		lines += piece;
		length -= piece;
	}
}

static void on_lines(uv_async_t *async)
{
	char *lines, note[80];
	uint64_t dropped;
	size_t length;

	pthread_mutex_lock(&trace.lock);
	length = trace.length;
	dropped = trace.dropped;
	lines = length ? malloc(length + 1) : NULL;
	if (lines)
		memcpy(lines, trace.lines, length);
	trace.length = 0;
	trace.dropped = lines || !length ? 0 : dropped + 1;
	pthread_mutex_unlock(&trace.lock);
	if (lines)
		lines_say(lines, length);
	if (lines && dropped) {
		snprintf(note, sizeof note, "wvwasi-gw: %" PRIu64 " calls were not shown: the terminal is too slow", dropped);
		events_text(trace.gateway, note);
	}
	free(lines);
}

bool trace_start(struct gateway *gateway)
{
	const struct config *config = gateway->config;

	if (!config->trace && !config->counts)
		return true;
	trace.gateway = gateway;
	if (config->trace && !(trace.lines = malloc(LINES_MAX)))
		return false;
	if (uv_async_init(gateway->loop, &trace.async, on_lines) != 0)
		return false;
	uv_unref((uv_handle_t *)&trace.async);
	trace.hook.call_done = call_done;
	hook_add(&trace.hook);
	return true;
}

bool trace_is_on(void)
{
	return hook_is_on(&trace.hook);
}

static int by_time(const void *left, const void *right)
{
	const struct count *one = left, *two = right;

	return one->total_ns < two->total_ns ? 1 : one->total_ns > two->total_ns ? -1 : 0;
}

static void counts_say(void)
{
	uint64_t calls = 0, errors = 0, total_ns = 0;
	char line[160];

	qsort(trace.counts, ROWS_MAX, sizeof *trace.counts, by_time);
	events_text(trace.gateway, "   seconds  us/call   longest     calls    errors  call");
	for (const struct count *count = trace.counts; count < trace.counts + ROWS_MAX; count++) {
		if (!count->calls)
			continue;
		snprintf(line, sizeof line, "%10.6f %8" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "  %s",
		         (double)count->total_ns / 1e9, count->total_ns / count->calls / 1000, count->longest_ns / 1000, count->calls,
		         count->errors, count->row->name);
		events_text(trace.gateway, line);
		calls += count->calls;
		errors += count->errors;
		total_ns += count->total_ns;
	}
	snprintf(line, sizeof line, "%10.6f %8s %9s %9" PRIu64 " %9" PRIu64 "  total", (double)total_ns / 1e9, "", "", calls, errors);
	events_text(trace.gateway, line);
}

void trace_stop(struct gateway *gateway)
{
	if (!trace.gateway)
		return;
	hook_remove(&trace.hook);
	on_lines(&trace.async);
	if (gateway->config->counts)
		counts_say();
	uv_close((uv_handle_t *)&trace.async, NULL);
	free(trace.lines);
	trace.lines = NULL;
	trace.gateway = NULL;
}
