#include "heap.h"

#include <malloc.h>
#include <stddef.h>

enum { KEPT_BYTES = 8 << 20, WORTH_BYTES = 1 << 20, FREE_MAX = 32 << 20 };

void heap_prepare(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

void heap_sweep(void)
{
	static size_t last_free, last_used;
	struct mallinfo2 now = mallinfo2();

	if (now.fordblks > FREE_MAX || (now.fordblks == last_free && now.uordblks == last_used && now.fordblks > WORTH_BYTES)) {
		malloc_trim(0);
		now = mallinfo2();
	}
	last_free = now.fordblks;
	last_used = now.uordblks;
}
