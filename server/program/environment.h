/* The environment of a program: the gateway's --env, overridden by its HELLO's. */
#ifndef WVWASI_ENVIRONMENT_H
#define WVWASI_ENVIRONMENT_H

#include <stddef.h>

/* Merges two lists of "NAME=value". If a name occurs twice, the last value stands in the first one's place. merged has room for
 * both lists; its pointers are lent by them. Gives how many there are, or SIZE_MAX: no memory. Takes n log n comparisons: a hello
 * may hold 60,000 variables. */
size_t environment_merge(const char **defaults, size_t defaults_count, const char **given, size_t given_count,
                         const char **merged);

#endif
