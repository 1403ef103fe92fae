/* A debugger that looks at everything, for fuzz_dispatch.c: it stands where the room debugger/ is, and stops programs when it is
 * told to. */
#ifndef FUZZ_ONLOOKER_H
#define FUZZ_ONLOOKER_H

/* Registers it. */
void onlooker_start(void);
/* At the beginning of an input. */
void onlooker_forget(void);
/* The next call that isn't quiet is stopped before it runs; the next batch that waits after it has run. */
void onlooker_stops_before(void);
void onlooker_stops_after(void);
/* Lets go on whatever stands. */
void onlooker_resumes(void);

#endif
