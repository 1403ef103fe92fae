/* --help and the manual page, from the table of options (options.h). */
#ifndef SERVER_BASE_HELP_H
#define SERVER_BASE_HELP_H

#include <stdio.h>

/* Fits 24 lines of 80 columns. */
void help_print(FILE *to);
/* wvwasi-gw(1), in troff's man macros. */
void help_print_man(FILE *to);

#endif
