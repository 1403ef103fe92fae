/* Tells the user at the terminal (or a program, with --json). The gateway formats and the keeper prints: lines and output go to
 * the keeper by its channel. No secret comes through here. */
#ifndef SERVER_BASE_EVENTS_H
#define SERVER_BASE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;

/* Why a program has ended. */
enum program_end_reason { PROGRAM_END_EXIT, PROGRAM_END_TRAP, PROGRAM_END_KILLED, PROGRAM_END_GONE, PROGRAM_END_LOST,
	PROGRAM_END_CHANGE_LOST /* a change failed of which the program had been told that it succeeded */ };

struct program_counters { /* as the server saw them */
	uint64_t calls, batches, waits, bytes_received, bytes_sent;
};

void events_session_open(struct gateway *gateway, uint32_t session, const char *address, const char *browser);
void events_session_close(struct gateway *gateway, uint32_t session);
void events_program_start(struct gateway *gateway, uint32_t guest, uint32_t session, const char *name);
/* exit_code NULL: it has none. message: a trap's, or NULL. */
void events_program_end(struct gateway *gateway, uint32_t guest, const char *name, enum program_end_reason reason,
                        const uint32_t *exit_code, const struct program_counters *counters, const char *message);
/* With --once the gateway ends after the first one, by its exit code; NULL: 1. */
void events_once_done(struct gateway *gateway, const uint32_t *exit_code);

/* Inherited output of a program; returns how many bytes were taken. At most 1 MiB waits for the keeper; 0: that is full, and
 * events_credit() says when there is room again. stream: 1 or 2. */
size_t events_output(struct gateway *gateway, uint32_t guest, int stream, const uint8_t *bytes, size_t length);

/* One line for --verbose, on stderr. printf-like. */
void events_verbose(struct gateway *gateway, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line on stderr always. */
void events_warn(struct gateway *gateway, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- what the gateway's own parts tell the terminal ---- */

/* The first line: the gateway serves. other_machines: the address for other machines, or NULL. */
void events_ready(struct gateway *gateway, const char *link, const char *code, const char *other_machines);
void events_link(struct gateway *gateway, const char *link, const char *code);
/* After so many wrong codes this is the new one. */
void events_code(struct gateway *gateway, unsigned tries, const char *code);
/* An answer to a command at the terminal. */
void events_line(struct gateway *gateway, const char *line);
/* Lines for stderr as they are, without a newline at the end. */
void events_text(struct gateway *gateway, const char *lines);
/* The keeper has printed so many bytes of inherited output. True: events_output() was full, and has room again. */
bool events_credit(struct gateway *gateway, size_t bytes);

#endif
