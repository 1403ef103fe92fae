/* What programs' pages record of their runs, compressed and written to --record's FILE by a thread of its own. docs/RECORDING.md has the file's form.
 * Leaves to others: what a recording says (static/shim/recording/), making the file (keeper/record_file.h). */
#ifndef SERVER_PROGRAM_RECORDING_H
#define SERVER_PROGRAM_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;
struct gateway;
struct hello;
struct program;

/* Before the lock-in. fd: the new file, which is taken; -1: nothing is recorded. Says at the terminal what will be in it. False:
 * no memory. */
bool recordings_start(struct gateway *gateway, int fd);
/* Is something of a recording unwritten? */
bool recordings_are_busy(void);
/* What is unwritten then is lost. */
void recordings_stop(void);

/* A new program: will it be recorded? If that is wanted and can't be, the terminal is told why. */
bool recording_begin(struct program *program, const struct hello *hello);
/* A RECORD frame's bytes. */
void recording_take(struct program *program, const struct frame *frame);
/* How many bytes of it came, less what was cut. 0: it isn't recorded, or all of it is needed anew. */
uint64_t recording_taken(const struct program *program);
/* Another page has the program (keeping.h): it goes on from where it says, and what the page before sent isn't told to it as
 * written. */
void recording_comes_back(struct program *program);
/* It has ended. */
void recording_end(struct program *program);

#endif
