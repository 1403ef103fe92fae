#include "pinned.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic unsigned count, count_max;

void pinned_limit(unsigned most) { count_max = most; }

struct pinned *pinned_new(int fd)
{
	struct pinned *pinned = count < count_max ? malloc(sizeof *pinned) : NULL;

	if (pinned) {
		*pinned = (struct pinned){ .fd = fd, .holds = 1 };
		count++;
	}
	return pinned;
}

void pinned_drop(struct pinned *pinned)
{
	if (--pinned->holds)
		return;
	close(pinned->fd);
	count--;
	free(pinned);
}
