#include "route.h"

#include <string.h>

#include "../config.h"
#include "../enter/gatekeeper.h"
#include "../gateway.h"
#include "api.h"
#include "embedded.h"
#include "files.h"
#include "visit.h"

#define OURS "/_wvwasi/"

static bool is_ours(struct text path)
{
	return path.length >= sizeof OURS - 1 && !memcmp(path.at, OURS, sizeof OURS - 1);
}

static void redirect(struct visit *visit, const char *to)
{
	struct reply reply;

	reply_init(&reply, 302);
	reply_header(&reply, "Location: %s", to);
	reply_header(&reply, "Cache-Control: no-store");
	visit_reply(visit, &reply);
}

void route(struct visit *visit, const struct head *head)
{
	struct gateway *gateway = visit->gateway;
	enum gate_verdict verdict = gate_judge(head, gateway->host, gateway->origin);
	bool ours = is_ours(head->path);
	struct text name = ours ? (struct text){ head->path.at + sizeof OURS - 1, head->path.length - (sizeof OURS - 1) } : head->path;
	char sentence[640];

	if (verdict == GATE_OPEN && ours && text_is(name, "ws")) {
		api_upgrade(visit, head); /* takes the head itself, or leaves it to lws */
		return;
	}
	visit_take_head(visit, head);
	if (verdict != GATE_OPEN) {
		gate_explain(verdict, head, gateway->origin, sentence, sizeof sentence);
		visit_refuse(visit, gate_status(verdict), sentence, ours && api_speaks_json(name), true);
	} else if (head->method == METHOD_OTHER) {
		visit_refuse(visit, 405, "only GET, HEAD and POST are answered here", ours && api_speaks_json(name), true);
	} else if (ours) {
		if (!api_serve(visit, head, name))
			embedded_serve(visit, head, name);
	} else if (head->method == METHOD_POST) {
		visit_refuse(visit, 405, "files can't be posted to", false, true);
	} else if (gateway->root_fd < 0 && text_is(head->path, "/")) {
		redirect(visit, OURS "terminal");
	} else {
		files_serve(visit, head);
	}
}

void route_body(struct visit *visit)
{
	api_body(visit);
}
