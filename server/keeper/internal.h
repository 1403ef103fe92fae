/* What the rooms of the keeper share: its one state, and what they do for one another. keeper.c is the process itself (signals, what the gateway
 * says, the loop, start and end); these are what it does. */
#ifndef SERVER_KEEPER_INTERNAL_H
#define SERVER_KEEPER_INTERNAL_H

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/base/channel.h"
#include "server/base/config.h"
#include "server/base/escape.h"
#include "server/base/keeper_messages.h"
#include "server/doors/lan.h"
#include "server/program/profile_folder.h"
#include "control.h"
#include "state.h"
#include "window.h"

enum { COMMAND_MAX = 4096 };

struct keeper {
	const struct config *config;
	char *description; /* config's, for another start */
	int port;          /* where it serves */
	pid_t gateway;
	bool ready, quitting, done;
	int exit_code;
	uint64_t quit_ms;
	uint64_t renew_ms; /* when the certificate was last looked at */

	struct channel channel;
	struct state state;
	struct control control;
	struct windows windows;
	struct lan_setup lan;
	struct profile_folder profiles;

	bool is_tty[3];
	struct escape escapes[3];
	struct print *prints, **last_print;

	uint32_t question;    /* the person is asked; 0: nothing */
	uint32_t pairing_request;       /* waits for y or n; 0: nobody does */
	char asked[640];      /* the words of question or knock */
	bool asked_elsewhere; /* its answer can't come by what is typed here */
	uint32_t answerer;    /* a client of the control socket that is asked, too; 0: there's none */
	bool keys_lent;       /* the person has been told that programs read what is typed */

	bool stdin_ended;
	uint32_t stdin_room; /* bytes that programs would take */
	char command[COMMAND_MAX];
	size_t command_length;
};

/* Ends the gateway, and then us; asked twice, at once. */
void keeper_quit(struct keeper *keeper);

/* A line on stderr. */
void keeper_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- printing.c ---- */

/* Queues what someone else made, escaped where stream `to` is a terminal; ends_line adds the newline. credit: told to the gateway when it is out. */
void print_add(struct keeper *keeper, int to, const uint8_t *text, size_t length, uint32_t credit, bool ends_line);

/* The stream that the next of it is for; -1: nothing waits. */
int print_to(const struct keeper *keeper);

/* Prints what its stream takes now. Streams aren't made non-blocking: others share them. */
void print_some(struct keeper *keeper);

/* ---- served.c: root and program, and the state file by which others find us ---- */

const char *served_path(const struct config *config);

/* Its real path where there is one, else path. */
const char *served_resolve(const char *path, char real[PATH_MAX]);

/* A descriptor of the program, or -1 with errno. */
int served_open_program(const struct config *config);

/* False: the program can't be read; it is said. */
bool served_is_there(const struct config *config);

/* The port kept for the root, or the one asked for. -1: not to be started, with *exit_code. */
int served_port(struct keeper *keeper, int *exit_code);

/* It serves: from now on others find it. */
void served_announce(struct keeper *keeper);

/* ---- windows.c: the app's own windows, by their numbers on the control socket ---- */

/* Starts ours; without one it says so and quits. */
void windows_begin(struct keeper *keeper);

/* A window is there. It is told which app this is; its link comes from the gateway, short-lived and without a code for people. */
void windows_meet(struct keeper *keeper, uint32_t requester);

/* A client of the control socket has gone: perhaps a window, which died before it could say so. */
void windows_requester_gone(struct keeper *keeper, uint32_t requester);

/* What a window ran has ended; others: how many sessions are still connected. */
void windows_closed(struct keeper *keeper, uint32_t requester, uint32_t others);

/* ---- questions.c: what only a person of this machine may answer ---- */

bool keeper_has_people(const struct keeper *keeper);

/* The question that waits, or the knock, to who runs `wvwasi-gw answer`; or that nothing waits (any more). */
void question_tell_answerer(struct keeper *keeper);

/* Only who is at our terminal, at another one of the same user, or the program on our stdin, is asked: a page can't answer, and no key pressed
 * before the question counts. */
void question_ask(struct keeper *keeper, const struct channel_message *message);

/* A browser of another machine knocks; number 0: it doesn't wait any more. */
void question_pairing_request(struct keeper *keeper, const struct channel_message *message);

/* False: that wasn't asked. */
bool question_answer(struct keeper *keeper, uint32_t question, bool yes);

/* What is typed from now on is a program's, so the keys that were printed don't work: said once, and once for a question that waits. */
void question_keys_lent(struct keeper *keeper);

/* ---- commands.c: what the person types, the program on our stdin, and processes of the same user want ---- */

/* From the control socket; no line: that client has gone. */
void commands_hear(void *context, uint32_t requester, const char *line);

/* Is stdin to be read now? Not while we are in the background of the terminal: reading there would stop us. */
bool commands_wanted(struct keeper *keeper);

/* stdin has something: commands, or a program's input. */
void commands_take(struct keeper *keeper);

#endif
