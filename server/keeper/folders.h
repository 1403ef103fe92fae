/* Folders and single files that the user grants while the gateway runs (--ask), and takes back: the keeper opens what the user
 * named, passes the descriptor to the gateway, and with --remember keeps the list beside the root's state. Leaves to others:
 * which paths may be named (server/base/grantable.h), asking (questions.h). */
#ifndef SERVER_KEEPER_FOLDERS_H
#define SERVER_KEEPER_FOLDERS_H

#include "granted_name.h"

struct grant_wish {
	const char *host, *guest; /* guest: NULL, any */
	bool read_only;
	enum wanted wanted;       /* a folder, or a file, which WANT_TO_SAVE makes where nothing is */
};
/* question: that it answers; 0: none. NULL, and why: nothing was granted. */
const struct granted *folders_grant_wish(struct keeper *keeper, const struct grant_wish *wish, uint32_t question,
                                         char why[GRANTABLE_WHY]);
/* The same; named: HOST[::GUEST][:ro], by the user. */
const struct granted *folders_grant(struct keeper *keeper, const char *named, enum wanted wanted, uint32_t question,
                                    char why[GRANTABLE_WHY]);
/* False: no such grant. */
bool folders_ungrant(struct keeper *keeper, uint32_t number);
/* {"event":"grants","grants":[…]}, yours. */
cJSON *folders_list(const struct keeper *keeper);
/* {"event":"granted",…}, yours. */
cJSON *folders_event(const struct granted *granted);
/* Prints what was granted, or with NULL all that is; or gives these events' lines. */
void folders_say(struct keeper *keeper, const struct granted *granted);
void folders_text(const cJSON *event, void line(void *context, const char *text), void *context);

/* With --remember: grants again what holds from an earlier start. Without: forgets it. */
void folders_restore(struct keeper *keeper);
void folders_clear(struct keeper *keeper);

#endif
