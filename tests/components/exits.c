/* wasi:cli/exit of 0.2: exits CODE ends with exit-with-code, which says more than preview1's adapter does with proc_exit. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((import_module("wasi:cli/exit@0.2.12"), import_name("exit-with-code"))) void exit_with_code(int32_t code);

int main(int argc, char **argv)
{
	printf("before\n");
	fflush(stdout);
	exit_with_code(atoi(argv[1]));
	printf("after\n");
	return 1;
}
