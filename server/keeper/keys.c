#include "keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "folders.h"
#include "printing.h"
#include "questions.h"
#include "server/doors/requests.h"

/* Is it an answer to what is asked? */
static bool key_answers(struct keeper *keeper, char key)
{
	key |= 'a' ^ 'A';
	if (keeper->question && (key == 'y' || key == 'n' || (key == 'o' && keeper->asker == ASKER_DIALER)))
		return question_answer(keeper, keeper->question, key != 'n', key == 'o');
	if (!keeper->question && keeper->pairing_request && (key == 'y' || key == 'n')) {
		channel_send(&keeper->channel, DO_ADMIT, keeper->pairing_request, key == 'y', NULL, 0, -1);
		keeper->pairing_request = 0;
		return true;
	}
	return false;
}

static void say(struct keeper *keeper, const char *text)
{
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
}

static void number_take(struct keeper *keeper, char key, uint32_t number)
{
	if (key == 'r')
		channel_send(&keeper->channel, DO_REVOKE, number, 0, NULL, 0, -1);
	else if (folders_ungrant(keeper, number))
		folders_say(keeper, NULL);
	else
		keeper_complain("there is no such grant (g lists them)");
}

/* Behind r or u: a number of their list, and Enter. True: the key was part of it. */
static bool key_is_number(struct keeper *keeper, char key)
{
	char number[2] = { key, 0 };
	bool is_digit = key >= '0' && key <= '9';
	char asker = keeper->asks_number;

	if (!asker)
		return false;
	if (key == ' ')
		return true;
	if (is_digit && keeper->command_length < 9) {
		keeper->command[keeper->command_length++] = key;
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)number, 1, 0, false);
		return true;
	}
	keeper->asks_number = 0;
	keeper->command[keeper->command_length] = 0;
	say(keeper, "");
	if (key == '\n' && keeper->command_length)
		number_take(keeper, asker, (uint32_t)strtoul(keeper->command, NULL, 10));
	keeper->command_length = 0;
	return key == '\n' || is_digit;
}

static void number_ask(struct keeper *keeper, char key)
{
	const char *words = key == 'r' ? "Throw out which number of l's list? " : "Take back which number of g's list? ";

	keeper->asks_number = key;
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)words, strlen(words), 0, false);
}

/* With --ask. */
static bool key_is_folders(struct keeper *keeper, char key)
{
	if (!keeper->config->ask || (key != 'g' && key != 'u'))
		return false;
	if (key == 'u')
		number_ask(keeper, key);
	else
		question_offer_folder(keeper);
	return true;
}

static bool key_acts(struct keeper *keeper, char key)
{
	switch (key) {
	case '\n':
		channel_send(&keeper->channel, DO_LINK, 0, 0, NULL, 0, -1);
		return true;
	case 'd':
		channel_send(&keeper->channel, DO_DEBUG, 0, 0, NULL, 0, -1);
		return true;
	case 'D':
		question_open_pairing(keeper, REQUESTER_TERMINAL, true, false);
		return true;
	case 'p':
	case 'P':
		question_open_pairing(keeper, REQUESTER_TERMINAL, false, key == 'P');
		return true;
	case 'l':
		channel_send(&keeper->channel, DO_LIST, 0, 0, NULL, 0, -1);
		return true;
	case 'r':
		number_ask(keeper, key);
		return true;
	case 'q':
		keeper_quit(keeper);
		return true;
	}
	return key_is_folders(keeper, key);
}

void keys_print(struct keeper *keeper)
{
	static const char keys[] =
		"  Enter: a new link    l: who is in    d: debug    r: throw out    q: quit";
	static const char lan_keys[] =
		"  Enter: a new link    p: pair a phone    l: who is in    d: debug    r: throw out    q: quit";
	const char *text = keeper->lan.wanted ? lan_keys : keys;

	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
}

/* An Enter right behind a letter belongs to it: who typed one behind each command goes on doing so. */
static void key_typed(struct keeper *keeper, char key)
{
	enum { BELONGS_MS = 500 };
	uint64_t now_ms = keeper_now_ms();

	if (key == '\r')
		key = '\n';
	if (key_is_number(keeper, key))
		keeper->letter_ms = now_ms;
	else if (key == '\n' && now_ms - keeper->letter_ms < BELONGS_MS)
		keeper->letter_ms = 0;
	else if (key_answers(keeper, key))
		keeper->letter_ms = now_ms;
	else if (key >= ' ' || key == '\n') { /* escape sequences are the arrows' and the like */
		if (!key_acts(keeper, key)) {
			const char *help = keeper->lan.wanted ?
				"Enter: a new link; p: pair a phone (P: after too many wrong codes); d: debug (D: from another machine); "
				"l: who is in; r: throw out; q: quit" : "Enter: a new link; d: debug; l: who is in; r: throw out; q: quit";
			say(keeper, help);
			if (keeper->config->ask)
				say(keeper, "g: what is granted, and grant a folder; u: take one back");
		}
		if (!keeper->quitting)
			question_repeat(keeper);
		keeper->letter_ms = key == '\n' ? 0 : now_ms;
	}
}

/* One key at a time: what is typed behind a q is the shell's. */
void keys_read(struct keeper *keeper)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got == 1)
		key_typed(keeper, key);
	else if (got < 0 && errno != EINTR && errno != EAGAIN)
		keeper->stdin_ended = true; /* the terminal has gone */
}
