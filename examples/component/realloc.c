/* Linked into programs that become components: preview1's adapter asks the program for its memory by this function. Without it
 * the adapter grows the memory itself, behind the back of Debian's wasi-libc (of 2022), whose malloc then takes the adapter's
 * part for its own. */
#include <stdlib.h>

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size)
{
	void *made = realloc(old, size);

	if (!made && size)
		abort();
	return made;
}
