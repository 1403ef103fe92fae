/* What a program is told about itself; arguments and environment go out as they are, for the test to compare byte by byte. */
#include "calls.h"
#include "check.h"
#include <sched.h>
#include <stdlib.h>

static void print_list(const char *what, uint8_t **items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		printf("%s ", what);
		for (const uint8_t *byte = items[i]; *byte; byte++)
			printf("%02x", *byte);
		printf("\n");
	}
}

int main(void)
{
	uint32_t count, size, total = 0;
	CHECK_EQ(args_sizes_get(&count, &size), 0, "69 sizes of the arguments");
	uint8_t **list = malloc(count * sizeof *list), *bytes = malloc(size);
	memset(bytes, '#', size);
	CHECK_EQ(args_get(list, bytes), 0, "69 the arguments");
	for (uint32_t i = 0; i < count; i++)
		total += (uint32_t)strlen((char *)list[i]) + 1;
	CHECK_EQ(total, size, "69 sizes are bytes, each with its NUL");
	print_list("arg", list, count);
	CHECK_EQ(environ_sizes_get(&count, &size), 0, "69 sizes of the environment");
	list = malloc(count * sizeof *list), bytes = malloc(size);
	CHECK_EQ(environ_get(list, bytes), 0, "69 the environment");
	print_list("env", list, count);

	static uint8_t noise[70000];
	CHECK_EQ(random_get(noise, 0), 0, "67 no random bytes");
	CHECK_EQ(random_get(noise, sizeof noise), 0, "67 many random bytes");
	uint32_t zeros = 0, histogram[256] = { 0 };
	for (size_t i = 0; i < sizeof noise; i++)
		histogram[noise[i]]++;
	for (size_t i = sizeof noise - 64; i < sizeof noise; i++)
		zeros += !noise[i];
	uint32_t least = UINT32_MAX, most = 0;
	for (int i = 0; i < 256; i++) {
		least = histogram[i] < least ? histogram[i] : least;
		most = histogram[i] > most ? histogram[i] : most;
	}
	CHECK(zeros < 16 && least > 150 && most < 420, "67 all of them filled, evenly");
	uint8_t again[32];
	random_get(again, sizeof again);
	CHECK(memcmp(again, noise, sizeof again), "and different the next time");
	CHECK_EQ(sched_yield(), 0, "yield");
	CHECK_EQ(sock_shutdown(77, __WASI_SDFLAGS_RD), __WASI_ERRNO_BADF, "68 shutdown of nothing");
	CHECK_EQ(sock_shutdown(1, __WASI_SDFLAGS_RD), __WASI_ERRNO_NOTSOCK, "68 shutdown of stdout");
	int accepted;
	uint16_t roflags;
	in_t in = { noise, 1 };
	out_t out = { noise, 1 };
	CHECK_EQ(sock_accept(0, 0, &accepted), __WASI_ERRNO_NOTSOCK, "68 accept on stdin");
	CHECK_EQ(sock_recv(0, &in, 1, 0, &count, &roflags), __WASI_ERRNO_NOTSOCK, "68 recv on stdin");
	CHECK_EQ(sock_send(1, &out, 1, 0, &count), __WASI_ERRNO_NOTSOCK, "68 send on stdout");
	return check_end();
}
