/* The process's heap: messages of a MiB come and go while a program reads or writes much, and fresh pages for each cost the
 * kernel more than the message itself. */
#ifndef SERVER_BASE_HEAP_H
#define SERVER_BASE_HEAP_H

/* Freed memory is kept for the next message. Once, before other threads. */
void heap_prepare(void);

/* Once a second: gives the system back what hasn't been used since the last time; where more than 32 MiB are free, all of it. */
void heap_sweep(void);

#endif
