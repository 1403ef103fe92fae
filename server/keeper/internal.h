/* The keeper's one state, which its files share. keeper.c is the process itself (signals, the gateway's messages, the loop, start
 * and end); the others are its parts, lowest first: printing, ending, served, folders, questions, windows, commands. */
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
#include "server/base/grantable.h"
#include "server/base/keeper_messages.h"
#include "server/doors/lan.h"
#include "server/program/profile_folder.h"
#include "control.h"
#include "prompt.h"
#include "state.h"
#include "window.h"

enum { COMMAND_MAX = 4096 };

struct keeper {
	const struct config *config;
	char *description; /* config's, for another start */
	int port;          /* the port it serves on */
	pid_t gateway;
	bool ready, quitting, done;
	int exit_code;
	uint64_t quit_ms;
	uint64_t renew_ms; /* when the certificate was last looked at */

	struct channel channel;
	struct dialing {
		pid_t pid;           /* 0: there is no dialer */
		int gateway_fd;      /* the gateway's end of its channel; -1 */
		struct channel channel; /* ours */
	} dialing;
	struct state state;
	struct control control;
	struct windows windows;
	struct lan_setup lan;
	struct profile_folder profiles;
	int record_fd;     /* --record's file, until the gateway has it; -1 */

	bool is_tty[3];
	struct escape escapes[3];
	struct print *prints, **last_print;

	struct grantable grantable; /* --ask */
	struct granted *granted; /* while it runs, oldest first */
	uint32_t last_grant;     /* number */

	uint32_t question;    /* the user is asked; 0: nothing */
	enum asker { ASKER_DEBUGGER, ASKER_DIALER, ASKER_FOLDER } asker; /* whose question it is */
	struct prompt prompt; /* for the answer to a folder's, at our terminal */
	uint32_t pairing_request; /* waits for y or n; 0: none does */
	char asked[640];      /* the words of question or pairing request */
	enum wanted asked_wanted; /* of a question for a folder or file */
	uint64_t asked_ms;    /* when it was printed last */
	bool asked_elsewhere; /* it can't be answered from this terminal */
	uint32_t answerer;    /* a client of the control socket that is asked too; 0: none */
	bool keys_lent;       /* the user has been told that programs read what is typed */

	bool stdin_ended;
	uint32_t stdin_room; /* how many bytes of stdin programs would take */
	char command[COMMAND_MAX]; /* of a line, or of the number behind an r */
	size_t command_length;
	char asks_number;      /* 'r' or 'u' was typed: a number is to follow; 0 */
	uint64_t letter_ms;    /* when a letter was typed last */
};

#endif
