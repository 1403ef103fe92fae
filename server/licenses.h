/* The licences of what is inside the executable and of the libraries that it stands on: `--licenses`. */
#ifndef SERVER_LICENSES_H
#define SERVER_LICENSES_H

#include <stdio.h>

void licenses_print(FILE *to);

#endif
