/* The environment of a program: the gateway's --env, and over it what the program's hello brought. */
#ifndef WVWASI_ENVIRONMENT_H
#define WVWASI_ENVIRONMENT_H

#include <stddef.h>

/* Merges two lists of "NAME=value". Of one name the last value counts, at the place of the first. merged has room for both lists;
 * its pointers are lent by them. Gives how many there are, or SIZE_MAX: no memory. Takes n log n comparisons: a hello may hold
 * 60,000 variables. */
size_t environment_merge(const char **defaults, size_t defaults_count, const char **given, size_t given_count,
                         const char **merged);

#endif
