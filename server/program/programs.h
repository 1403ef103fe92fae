/* The programs that are running, together: for sessions, shutdown, and the gateway's own terminal. */
#ifndef SERVER_PROGRAM_PROGRAMS_H
#define SERVER_PROGRAM_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/events.h"

struct gateway;
struct session;

/* Timers and workers on gateway->loop; programs_stop() after all programs have ended (programs_count() is 0). */
bool programs_start(struct gateway *gateway);
void programs_stop(void);

/* The session of the running program with that key, if its calls come by POST; else NULL. */
struct session *programs_session_of_posts(const char *key);
/* Of any program with that key. */
struct session *programs_session_of(const char *key);
/* What such a program has open at that handle, to be read past its calls: a descriptor, yours; -1: a call of it runs, somebody
 * looks at its calls or makes them fail, or it has no such file. */
int programs_file_open(const char *key, uint32_t handle);
/* The same of a stream socket, to be received from; at: how many bytes were received so far, or it is -1. */
int programs_stream_open(const char *key, uint32_t handle, uint64_t at);
/* *took more bytes were received by that descriptor; 0 afterwards if they could be counted. False: what comes next is to be
 * received by calls. */
bool programs_stream_goes_on(const char *key, uint32_t handle, size_t *took);

/* ---- sessions and shutdown ---- */
/* Ends all programs of a session and closes their connections with code 4401: revoked. */
void programs_end_session(const struct session *session);
/* Asks the session's programs to write out what they hold, and to end. Those without a control connection aren't asked. */
void programs_finish(const struct session *session);
/* How many were asked and haven't ended. */
size_t programs_finishing(const struct session *session);
/* The gateway ends: programs are ended, connections told (1001). */
void programs_end_all(void);
/* All there are. */
size_t programs_count(void);

/* ---- the gateway's own terminal ---- */
/* Bytes for the programs that inherit stdin (the oldest running one gets them); length 0: end of file. */
void programs_stdin(const uint8_t *bytes, size_t length);
/* How many bytes that program has room for; 0: none inherits stdin, or it is full. */
size_t programs_stdin_room(void);
/* The keeper takes output again after events_output() was full. */
void programs_sinks_ready(void);

/* ---- leases ---- */
/* Tells the page of every program that has something to ask for. False: one is busy, and has to be looked at again. */
bool programs_wakeup(void);

#endif
