/* --net ask: the keeper asks the user at the terminal about each target that no rule names, one question at a time. A yes holds
 * for that program and that target until the program ends, or for one connection; a no until the program ends. After ten noes in
 * a row the user isn't asked about that session's programs any more (base/refusals.h). The gateway process can't answer: questions and
 * answers go between the dialer and the keeper. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/dialer_messages.h"
#include "server/base/refusals.h"

enum { WAITING_MAX = 256, WAITING_OF_SESSION = 32, AGAIN_MS = 500, TAKEN_BACK_MS = 1000 };

struct asking {
	struct request *request; /* NULL: it was cancelled */
	struct judge_wish wish;
	struct asking *next;
};
static struct asking *first, **last = &first;
static size_t waiting;
static uint32_t question;        /* number of the open question, which is about `first`; 0: none */
static uint32_t last_question = 1u << 30; /* the gateway's questions have lower numbers: no answer fits two questions */
static struct refusals refusals;
static uv_timer_t again;
static bool again_made;

static void ask_next(void);

static size_t waiting_of(uint32_t session)
{
	size_t count = 0;

	for (const struct asking *asking = first; asking; asking = asking->next)
		count += asking->request && asking->request->program->session == session;
	return count;
}

/* The rule that would have allowed it. */
static struct net_rule rule_of(const struct judge_wish *wish)
{
	struct net_rule rule = { .scheme = (uint8_t)wish->scheme, .is_name = wish->endpoint.is_name,
		.may_be_private = wish->is_private,
		.first = wish->endpoint.port, .last = wish->endpoint.port, .prefix = wish->endpoint.address.family == 4 ? 32 : 128,
		.address = wish->endpoint.address };

	strcpy(rule.name, wish->endpoint.name);
	return rule;
}

static void rule_add(struct net_rules *rules, const struct net_rule *rule)
{
	struct net_rule *grown = realloc(rules->rules, (rules->count + 1) * sizeof *grown);

	if (!grown)
		return; /* the user is asked again next time */
	rules->rules = grown;
	grown[rules->count++] = *rule;
}

static bool rules_have(const struct net_rules *rules, const struct net_rule *rule)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct net_rule *old = &rules->rules[i];

		if (old->scheme == rule->scheme && old->first == rule->first && old->is_name == rule->is_name &&
		    old->may_be_private == rule->may_be_private && !strcmp(old->name, rule->name) &&
		    !memcmp(&old->address, &rule->address, sizeof rule->address))
			return true;
	}
	return false;
}

static void first_drop(void)
{
	struct asking *asking = first;

	first = asking->next;
	if (!first)
		last = &first;
	waiting--;
	free(asking);
}

static void on_again(uv_timer_t *timer) { ask_next(); }

/* The user has answered the same question of another request while this one waited. */
static bool is_settled(const struct asking *asking)
{
	struct net_rule rule = rule_of(&asking->wish);

	return rules_have(&asking->request->program->granted, &rule) || rules_have(&asking->request->program->refused, &rule);
}

static void ask_next(void)
{
	char target[NET_ENDPOINT_TEXT], text[NET_ENDPOINT_TEXT + 400];
	const struct judge_wish *wish;

	while (first && !question && (!first->request || is_settled(first))) {
		struct request *request = first->request;

		first_drop();
		if (request)
			request_begin(request);
	}
	if (!first || question)
		return;
	wish = &first->wish;
	net_endpoint_text(&wish->endpoint, target);
	question = ++last_question;
	snprintf(text, sizeof text, "May '%s', a program in %s, %s %s:%s?%s", first->request->program->name,
	         first->request->program->page, wish->scheme == NET_LISTEN ? "listen at" : "reach",
	         net_scheme_names[wish->scheme], target,
	         wish->is_private ? " Its address is in a private network." : "");
	channel_send(&dialer.keeper, DIALER_ASKS, question, 0, text, strlen(text), -1);
}

/* Why the user isn't asked; NULL: ask. */
static const char *not_asked(uint32_t session)
{
	if (waiting >= WAITING_MAX || waiting_of(session) >= WAITING_OF_SESSION)
		return "too many questions are waiting";
	return refusals_enough(&refusals, session) ? "the user said no to ten others" : NULL;
}

bool ask_instead(struct request *request)
{
	struct judge_wish wish = judge_wish;
	struct net_rule rule;
	struct asking *asking;
	const char *why;

	judge_wish.scheme = -1;
	if (wish.scheme < 0 || wish.program != request->program || !dialer.rules.ask || !wish.endpoint.port)
		return false;
	rule = rule_of(&wish);
	if (rules_have(&request->program->refused, &rule))
		return false;
	why = not_asked(wish.program->session);
	asking = why ? NULL : calloc(1, sizeof *asking);
	if (!asking) {
		judge_refuses(request->program, (enum net_scheme)wish.scheme, &wish.endpoint, why ? why : "no memory to ask");
		return false;
	}
	*asking = (struct asking){ .request = request, .wish = wish };
	*last = asking;
	last = &asking->next;
	waiting++;
	request->cancelled = NULL;
	request->work = NULL;
	ask_next();
	return true;
}

enum { NO, YES, NOBODY, LATER, ONCE }; /* DO_ANSWER's */

/* Tells the gateway, which lists the rule. */
static void tell_granted(const struct program_of *program, const struct net_rule *rule)
{
	char text[NET_RULE_TEXT];

	net_rule_text(rule, text);
	channel_send(&dialer.gateway, DIALER_GRANTED, program->id, 0, text, strlen(text), -1);
}

/* Applies the answer to the first question, and starts its request again: that succeeds after a yes, and fails after a no. */
static void settle(uint32_t answer)
{
	struct program_of *program = first->request ? first->request->program : NULL;
	struct net_rule rule = rule_of(&first->wish);
	struct request *request = first->request;
	struct judge_wish wish = first->wish;

	first_drop();
	if (!program)
		return;
	rule_add(answer == YES ? &program->granted : answer == ONCE ? &program->once : &program->refused, &rule);
	if (answer == YES)
		tell_granted(program, &rule);
	if (answer != YES && answer != ONCE)
		judge_refuses(program, (enum net_scheme)wish.scheme, &wish.endpoint, "the user said no");
	request_begin(request);
}

void ask_answered(uint32_t number, uint32_t answer)
{
	if (!question || number != question)
		return;
	question = 0;
	if (answer == LATER) { /* the terminal shows another question */
		if (!again_made)
			uv_timer_init(&dialer.loop, &again);
		again_made = true;
		uv_timer_start(&again, on_again, AGAIN_MS, 0);
		return;
	}
	if (answer == NOBODY && first->request)
		judge_says_once(first->request->program,
			"nobody can be asked here (--net ask): there is no terminal, and no `wvwasi-gw answer` runs");
	if (answer != NOBODY && first->request)
		refusals_note(&refusals, first->request->program->session, answer != NO);
	settle(answer);
	ask_next();
}

/* The user was looking at it. A program that ends takes back all its questions, one after the other: those of one moment are one
 * no. */
static void taken_back(struct program_of *program)
{
	uint64_t now = uv_now(&dialer.loop);

	if (program->taken_back_ms && now - program->taken_back_ms < TAKEN_BACK_MS)
		return;
	program->taken_back_ms = now;
	refusals_note(&refusals, program->session, false);
}

void ask_forget(const struct request *request)
{
	for (struct asking *asking = first; asking; asking = asking->next)
		if (asking->request == request)
			asking->request = NULL;
	if (first && !first->request && question) {
		channel_send(&dialer.keeper, DIALER_ASKS, question, 0, NULL, 0, -1);
		taken_back(request->program);
		question = 0;
		ask_next();
	}
}
