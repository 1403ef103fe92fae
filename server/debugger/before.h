/* The last calls of each program that reached the gateway, kept while nobody watches, for a debugger that attaches late. Bounded:
 * so many a program, of a fixed size each; of paths the first bytes, of contents nothing. Filling it takes a copy of some hundred
 * bytes a call; text is made when somebody asks. What the page answers itself isn't in it. */
#ifndef SERVER_DEBUGGER_BEFORE_H
#define SERVER_DEBUGGER_BEFORE_H

struct message;
struct program;

/* Hooks into calls, for good. */
void before_start(void);
/* A frame of CALLS, oldest first, yours. NULL: there were none, or there is no memory. */
struct message *before_frame(struct program *program);
/* The program is over. */
void before_forget(struct program *program);

#endif
