/* Adds one to the number in a file, without a lock: the program of the tutorial in docs/DEBUGGING.md. Its bug shows when somebody
 * else is just writing the file. */
#include <stdio.h>

int main(void)
{
	long total = 0;
	FILE *file = fopen("/work/total", "r");

	if (file) {
		fscanf(file, "%ld", &total);
		fclose(file);
	}
	file = fopen("/work/total", "w");
	fprintf(file, "%ld\n", total + 1);
	fclose(file);
	printf("total is %ld\n", total + 1);
	return 0;
}
