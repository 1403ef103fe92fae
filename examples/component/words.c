/* Counts the words of files, as wc -w does: words FILE… An ordinary program; what makes a component of it is in README.md. */
#include <stdio.h>

int main(int argc, char **argv)
{
	char word[256];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		int count = 0;

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		while (fscanf(file, "%255s", word) == 1)
			count++;
		fclose(file);
		printf("%d words in %s\n", count, argv[i]);
	}
	return 0;
}
