#include "granted_name.h"

#include <stdio.h>
#include <string.h>

#include "server/program/grants.h"

static bool refuse(char why[GRANTABLE_WHY], const char *format, const char *subject) __attribute__((format(printf, 2, 0)));
static bool refuse(char why[GRANTABLE_WHY], const char *format, const char *subject)
{
	snprintf(why, GRANTABLE_WHY, format, subject);
	return false;
}

/* Do programs see something by that name? */
static bool name_is_taken(const struct keeper *keeper, const char *name)
{
	const struct config *config = keeper->config;
	char text[2 * PATH_MAX];

	if (!strcmp(name, "/tmp") || !strcmp(name, "/dev"))
		return true;
	for (const struct granted *granted = keeper->granted; granted; granted = granted->next) {
		size_t length = granted->is_file ? (size_t)(strrchr(granted->name, '/') - granted->name) : strlen(granted->name);

		if (strlen(name) == length && !strncmp(granted->name, name, length))
			return true;
	}
	for (size_t i = 0; i < config->dirs.count; i++) {
		struct dir_words words;

		snprintf(text, sizeof text, "%s", config->dirs.items[i]);
		dir_words_split(text, &words);
		if (!strcmp(words.guest, name))
			return true;
	}
	return false;
}

static bool is_utf8(const char *text)
{
	static const struct lead {
		unsigned char least, most;
		int more;
	} leads[] = { { 0x01, 0x7f, 0 }, { 0xc2, 0xdf, 1 }, { 0xe0, 0xef, 2 }, { 0xf0, 0xf4, 3 } };

	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		const struct lead *lead = leads;

		while (lead < leads + 4 && (*at < lead->least || *at > lead->most))
			lead++;
		if (lead == leads + 4)
			return false;
		at++;
		for (int more = lead->more; more; more--, at++)
			if ((*at & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* Behind the name of its folder. */
static bool add_file(const char *real, char name[PATH_MAX], char why[GRANTABLE_WHY])
{
	const char *slash = strrchr(real, '/');

	if (!is_utf8(slash) || strlen(name) + strlen(slash) >= PATH_MAX)
		return refuse(why, "'%s' has no name that a page could use", real);
	strcat(name, slash);
	return true;
}

bool granted_name_choose(const struct keeper *keeper, const char *real, const char *wanted, bool is_file, char name[PATH_MAX],
                         char why[GRANTABLE_WHY])
{
	const char *base = strrchr(real, '/') + 1;

	if (wanted) {
		snprintf(name, PATH_MAX, "%s", wanted);
		if (*wanted != '/' || !wanted[1] || strstr(wanted, "/.") || strstr(wanted, "//") || wanted[strlen(wanted) - 1] == '/')
			return refuse(why, "'%s' is no name for programs: it begins with a slash, and has neither '.' nor '..'", wanted);
		if (name_is_taken(keeper, name))
			return refuse(why, "programs see another folder as '%s'", wanted);
		return !is_file || add_file(real, name, why);
	}
	if (is_file)
		base = "file";
	else if (!*base || !is_utf8(base))
		base = "folder";
	snprintf(name, PATH_MAX, "/%s", base);
	for (unsigned number = 2; name_is_taken(keeper, name); number++)
		snprintf(name, PATH_MAX, "/%.240s-%u", base, number);
	return !is_file || add_file(real, name, why);
}
