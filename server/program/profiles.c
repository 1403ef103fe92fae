#include "profiles.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/wire/hello.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/keeper_messages.h"
#include "granting.h"
#include "identity.h"
#include "profile_text.h"
#include "program.h"

enum { HEAD_MAX = 6 << 10, WORDS_MAX = 1 << 10 };
_Static_assert(HEAD_MAX + WASI_HINTS_MAX <= PROFILE_FILE_MAX &&
	sizeof(struct profile_key) + PROFILE_FILE_MAX <= CHANNEL_BYTES_MAX, "a profile is one message");

/* Those used last come first. */
struct profile {
	struct profile *next;
	struct profile_key key;
	size_t length;
	char text[];
};

/* Of a program whose page wants hints. */
struct profiled {
	struct profile_key key;
	size_t head_length;
	char head[HEAD_MAX]; /* tells users which program it belongs to */
};

static struct profile *profiles;
static unsigned count;
static uint8_t grants_key[sizeof ((struct profile_key *)0)->grants];
static char folders_text[HEAD_MAX / 2];
static bool on;

/* ---- whose it is ---- */

static bool grants_mix(const struct grants *grants)
{
	char *at = folders_text, *end = folders_text + sizeof folders_text;
	struct mixture mixture;

	if (!mixture_begin(&mixture))
		return false;
	for (size_t i = 0; i < grants->dirs_count; i++) {
		const struct wasi_grant *grant = &grants->dirs[i];
		char link[64], real[PATH_MAX] = "scratch";
		ssize_t length;

		if (grant->devices)
			continue;
		snprintf(link, sizeof link, "/proc/self/fd/%d", grant->dir_fd);
		if (!grant->scratch) {
			length = readlink(link, real, sizeof real - 1);
			real[length < 0 ? 0 : length] = 0;
		}
		mix(&mixture, grant->name);
		mix(&mixture, real);
		mix(&mixture, grant->read_only ? "ro" : "rw");
		at = profile_text_put(at, end, i ? ", " : "");
		at = profile_text_put(at, end, grant->name);
		at = profile_text_put(at, end, " = ");
		at = profile_text_put(at, end, real);
	}
	mixture_end(&mixture, grants_key, sizeof grants_key);
	return true;
}

/* ---- those that are kept ---- */

static struct profile *profile_find(const struct profile_key *key)
{
	for (struct profile **link = &profiles, *profile; (profile = *link); link = &profile->next)
		if (memcmp(&profile->key, key, sizeof *key) == 0) {
			*link = profile->next;
			profile->next = profiles;
			profiles = profile;
			return profile;
		}
	return NULL;
}

static void profile_add(const struct profile_key *key, const char *text, size_t length)
{
	struct profile *profile = malloc(sizeof *profile + length);

	if (!profile)
		return;
	profile->key = *key;
	profile->length = length;
	memcpy(profile->text, text, length);
	profile->next = profiles;
	profiles = profile;
	count++;
	for (struct profile **link = &profiles; count > PROFILE_FILES_MAX; link = &(*link)->next)
		if (!(*link)->next) {
			free(*link);
			*link = NULL;
			count--;
			return;
		}
}

/* The user may have edited it: a file that isn't a profile any more counts as none. */
static void found(void *context, const struct profile_key *key, const char *text, size_t length)
{
	const char *body = profile_text_body(text, &length);

	if (length <= WASI_HINTS_MAX && profile_text_is_well(body, length))
		profile_add(key, body, length);
}

void profiles_start(struct gateway *gateway, const struct profile_folder *folder)
{
	on = folder->fd >= 0 && grants_mix(&gateway->grants);
	if (on)
		profile_folder_read(folder, grants_key, found, NULL);
}

/* ---- a program's ---- */

void profiles_begin(struct program *program, const struct hello *hello)
{
	const char *name = identity_name(program, hello);
	struct profiled *profiled;
	char *at, *end;

	if (!on || granting_any()) /* a folder that was granted while it runs is no part of the key */
		return;
	if (!(hello->flags & HELLO_HINTS) || strlen(hello->program) > WORDS_MAX || !(profiled = malloc(sizeof *profiled)))
		return;
	memcpy(profiled->key.program, program->identity, sizeof profiled->key.program);
	memcpy(profiled->key.grants, grants_key, sizeof grants_key);
	end = profiled->head + sizeof profiled->head - 64; /* for the words between */
	at = profile_text_put(profiled->head, end,
		"# What a program's start asked for, so that its next one waits less often. Hints alone: delete it as you like.");
	at = stpcpy(at, "\n# program: ");
	at = profile_text_put(at, end, hello->program);
	at = stpcpy(at, "\n# argv[0]: ");
	at = profile_text_put(at, at + WORDS_MAX, name);
	at = stpcpy(at, "\n# granted: ");
	at = profile_text_put(at, end, folders_text);
	*at++ = '\n';
	profiled->head_length = (size_t)(at - profiled->head);
	program->profiled = profiled;
}

const char *profiles_hints(const struct program *program, size_t *length)
{
	const struct profile *profile = program->profiled ? profile_find(&program->profiled->key) : NULL;

	*length = profile ? profile->length : 0;
	return profile ? profile->text : program->profiled ? "" : NULL;
}

static void profile_tell(struct gateway *gateway, const struct profiled *profiled, const void *text, size_t length)
{
	static uint8_t bytes[CHANNEL_BYTES_MAX];
	uint8_t *at = mempcpy(bytes, &profiled->key, sizeof profiled->key);

	at = mempcpy(at, profiled->head, profiled->head_length);
	at = mempcpy(at, text, length);
	channel_send(&gateway->channel, SAY_PROFILE, 0, 0, bytes, (size_t)(at - bytes), -1);
}

void profiles_end(struct program *program)
{
	struct profiled *profiled = program->profiled;
	struct profile *old;
	const void *text;
	size_t length;

	program->profiled = NULL;
	text = profiled ? guest_hints(program->guest, &length) : NULL;
	if (text && length && profile_text_is_well(text, length)) {
		old = profile_find(&profiled->key);
		if (!old || old->length != length || memcmp(old->text, text, length) != 0) {
			if (old) {
				profiles = old->next;
				count--;
				free(old);
			}
			profile_add(&profiled->key, text, length);
			profile_tell(program->gateway, profiled, text, length);
		}
	}
	free(profiled);
}
