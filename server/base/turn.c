#include "turn.h"

#include "clock.h"

static uv_prepare_t end;
static uv_idle_t go_on; /* active while something is queued: the loop doesn't sleep then */
static struct later_line *lines, **lines_tail = &lines;
static uint64_t began_ns; /* 0: nobody has asked in this turn */
static bool measures;
static uint64_t cpu_ns, longest_ns;

bool turn_is_over(void)
{
	uint64_t now = now_ns();

	if (!began_ns)
		began_ns = now;
	return now - began_ns > TURN_MS * 1000000ull;
}

static void on_end(uv_prepare_t *prepare)
{
	uint64_t now;

	began_ns = 0;
	if (!measures)
		return;
	now = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (cpu_ns && now - cpu_ns > longest_ns)
		longest_ns = now - cpu_ns;
	cpu_ns = now;
}

static struct later *first_take(struct later_line *line)
{
	struct later *later = line->first;

	line->first = later->next;
	if (!line->first)
		line->tail = &line->first;
	later->next = NULL;
	later->line = NULL;
	return later;
}

static void line_queue(struct later_line *line)
{
	line->is_queued = true;
	line->next = NULL;
	*lines_tail = line;
	lines_tail = &line->next;
}

static void line_unqueue(struct later_line *line)
{
	struct later_line **link = &lines;

	while (*link != line)
		link = &(*link)->next;
	*link = line->next;
	if (!line->next)
		lines_tail = link;
	line->is_queued = false;
}

/* Runs one piece of each line in turn. The connections have had their time in this turn; work that was put off gets as much
 * again. */
static void on_go_on(uv_idle_t *idle)
{
	began_ns = now_ns();
	do {
		struct later_line *line = lines;
		struct later *later;

		if (!line)
			break;
		line_unqueue(line);
		later = first_take(line);
		if (line->first)
			line_queue(line);
		later->run(later->context);
	} while (!turn_is_over());
	if (!lines)
		uv_idle_stop(idle);
}

void turns_start(uv_loop_t *loop, bool measure)
{
	measures = measure;
	uv_prepare_init(loop, &end);
	uv_prepare_start(&end, on_end);
	uv_unref((uv_handle_t *)&end);
	uv_idle_init(loop, &go_on);
}

void turns_stop(void)
{
	uv_close((uv_handle_t *)&end, NULL);
	uv_close((uv_handle_t *)&go_on, NULL);
}

void later_add(struct later_line *line, struct later *later)
{
	if (later->line)
		return;
	if (!line->first)
		line->tail = &line->first;
	later->line = line;
	later->next = NULL;
	*line->tail = later;
	line->tail = &later->next;
	if (!line->is_queued)
		line_queue(line);
	uv_idle_start(&go_on, on_go_on);
}

void later_remove(struct later *later)
{
	struct later_line *line = later->line;
	struct later **link;

	if (!line)
		return;
	for (link = &line->first; *link != later; link = &(*link)->next)
		;
	*link = later->next;
	if (!later->next)
		line->tail = link;
	later->line = NULL;
	if (!line->first)
		line_unqueue(line);
}

uint64_t turns_longest_us(void)
{
	return longest_ns / 1000;
}
