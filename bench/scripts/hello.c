#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
	char line[64];

	snprintf(line, sizeof(line), "hello %d", count);
	puts(line);
	return strlen(line) > 99;
}
