#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "printing.h"
#include "server/program/grants.h"

enum { GRANTED_MAX = 64, FILE_MAX = 1 << 20 };

static bool refuse(char why[GRANTABLE_WHY], const char *format, const char *subject) __attribute__((format(printf, 2, 0)));
static bool refuse(char why[GRANTABLE_WHY], const char *format, const char *subject)
{
	snprintf(why, GRANTABLE_WHY, format, subject);
	return false;
}

/* ---- the file of --remember ---- */

static bool remembers(const struct keeper *keeper)
{
	return keeper->config->remember && keeper->state.folder_fd >= 0;
}

static void file_name(const struct keeper *keeper, char name[48], const char *end)
{
	snprintf(name, 48, "%.32s.grants%s", keeper->state.name, end);
}

static cJSON *list_of(const struct keeper *keeper, bool for_file)
{
	cJSON *all = cJSON_CreateArray(), *one;

	for (const struct granted *granted = keeper->granted; granted; granted = granted->next) {
		one = cJSON_CreateObject();
		if (!for_file)
			cJSON_AddNumberToObject(one, "grant", granted->number);
		cJSON_AddStringToObject(one, "folder", granted->path);
		cJSON_AddStringToObject(one, "name", granted->name);
		cJSON_AddBoolToObject(one, "readOnly", granted->read_only);
		if (granted->is_file)
			cJSON_AddTrueToObject(one, "file");
		if (for_file) { /* as text: a number of JSON has 53 bits */
			char inode[48];

			snprintf(inode, sizeof inode, "%llu:%llu", (unsigned long long)granted->dev, (unsigned long long)granted->ino);
			cJSON_AddStringToObject(one, "inode", inode);
		}
		cJSON_AddItemToArray(all, one);
	}
	return all;
}

static void file_write(const struct keeper *keeper)
{
	char name[48], draft[48], *text;
	cJSON *all;
	int fd;

	if (!remembers(keeper))
		return;
	all = list_of(keeper, true);
	text = cJSON_PrintUnformatted(all);
	file_name(keeper, name, "");
	file_name(keeper, draft, ".new");
	unlinkat(keeper->state.folder_fd, draft, 0);
	fd = openat(keeper->state.folder_fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (!text || fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    renameat(keeper->state.folder_fd, draft, keeper->state.folder_fd, name) != 0)
		keeper_complain("%s: cannot remember what is granted", strerror(errno));
	if (fd >= 0)
		close(fd);
	cJSON_free(text);
	cJSON_Delete(all);
}

static cJSON *file_read(const struct keeper *keeper)
{
	char name[48], *text = NULL;
	cJSON *all = NULL;
	struct stat stat;
	ssize_t got;
	int fd;

	file_name(keeper, name, "");
	fd = openat(keeper->state.folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && !(stat.st_mode & 077) && stat.st_uid == geteuid() &&
	    stat.st_size <= FILE_MAX && (text = malloc((size_t)stat.st_size + 1)) &&
	    (got = read(fd, text, (size_t)stat.st_size)) >= 0)
		all = cJSON_ParseWithLength(text, (size_t)got);
	free(text);
	close(fd);
	return all;
}

/* ---- granting ---- */

static void granted_free(struct granted *granted)
{
	if (!granted)
		return;
	free(granted->path);
	free(granted->name);
	free(granted);
}

static struct granted *granted_new(struct keeper *keeper, const char *path, const char *name, const struct grant_wish *wish,
                                   const struct stat *stat)
{
	struct granted *granted = calloc(1, sizeof *granted), **link = &keeper->granted;

	if (!granted || !(granted->path = strdup(path)) || !(granted->name = strdup(name))) {
		granted_free(granted);
		return NULL;
	}
	granted->number = ++keeper->last_grant;
	granted->read_only = wish->read_only;
	granted->is_file = wish->wanted >= WANT_TO_READ;
	granted->dev = stat->st_dev;
	granted->ino = stat->st_ino;
	while (*link)
		link = &(*link)->next;
	*link = granted;
	return granted;
}

static bool pass(struct keeper *keeper, const struct granted *granted, uint32_t question, int fd)
{
	char bytes[2 * PATH_MAX + 2];
	const char *only = granted->is_file ? strrchr(granted->path, '/') : NULL;
	int last = only ? (int)strlen(only) : 0, length;

	length = snprintf(bytes, sizeof bytes, "%c%.*s%c%.*s", granted->read_only ? 'r' : 'w', (int)strlen(granted->name) - last,
	                  granted->name, 0, (int)strlen(granted->path) - last, granted->path);
	if (only)
		length += snprintf(bytes + length, sizeof bytes - (size_t)length, "%c%s", 0, only + 1);
	return length > 0 && channel_send(&keeper->channel, DO_GRANT, granted->number, question, bytes, (size_t)length, fd);
}

/* inode: which the folder has to be; NULL: any. */
static const struct granted *grant(struct keeper *keeper, const struct grant_wish *wish, const char *inode, uint32_t question,
                                   char why[GRANTABLE_WHY])
{
	bool is_file = wish->wanted >= WANT_TO_READ;
	char real[PATH_MAX], name[PATH_MAX], found[48];
	int fd = is_file ? grantable_file_open(&keeper->grantable, wish->host, wish->wanted == WANT_TO_SAVE, real, why) :
		grantable_folder_open(&keeper->grantable, wish->host, real, why);
	struct granted *granted = NULL;
	struct stat stat;
	size_t count = 0;

	if (fd < 0)
		return NULL;
	for (const struct granted *one = keeper->granted; one; one = one->next)
		count++;
	fstat(fd, &stat);
	snprintf(found, sizeof found, "%llu:%llu", (unsigned long long)stat.st_dev, (unsigned long long)stat.st_ino);
	if (count == GRANTED_MAX)
		refuse(why, "%s: as many folders are granted as can be: withdraw one", real);
	else if (inode && strcmp(inode, found))
		refuse(why, "'%s' isn't the folder any more that was granted", real);
	else if (granted_name_choose(keeper, real, wish->guest, is_file, name, why) &&
	         !((granted = granted_new(keeper, real, name, wish, &stat)) && pass(keeper, granted, question, fd)))
		refuse(why, "no memory to grant '%s'", real);
	close(fd);
	return granted;
}

const struct granted *folders_grant(struct keeper *keeper, const char *named, enum wanted wanted, uint32_t question,
                                    char why[GRANTABLE_WHY])
{
	struct dir_words words;
	char text[PATH_MAX];

	if (strlen(named) >= sizeof text) {
		refuse(why, "that path is too long%s", "");
		return NULL;
	}
	strcpy(text, named);
	dir_words_split(text, &words);
	return folders_grant_wish(keeper, &(struct grant_wish){ words.host, words.guest == words.host ? NULL : words.guest,
	                                                        words.read_only, wanted }, question, why);
}

const struct granted *folders_grant_wish(struct keeper *keeper, const struct grant_wish *wish, uint32_t question,
                                         char why[GRANTABLE_WHY])
{
	const struct granted *granted = grant(keeper, wish, NULL, question, why);

	if (granted)
		file_write(keeper);
	return granted;
}

bool folders_ungrant(struct keeper *keeper, uint32_t number)
{
	for (struct granted **link = &keeper->granted, *granted; (granted = *link); link = &granted->next)
		if (granted->number == number) {
			*link = granted->next;
			granted_free(granted);
			channel_send(&keeper->channel, DO_UNGRANT, number, 0, NULL, 0, -1);
			file_write(keeper);
			return true;
		}
	return false;
}

/* ---- what is told ---- */

cJSON *folders_list(const struct keeper *keeper)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", "grants");
	cJSON_AddItemToObject(event, "grants", list_of(keeper, false));
	return event;
}

cJSON *folders_event(const struct granted *granted)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", "granted");
	cJSON_AddNumberToObject(event, "grant", granted->number);
	cJSON_AddStringToObject(event, "folder", granted->path);
	cJSON_AddStringToObject(event, "name", granted->name);
	cJSON_AddBoolToObject(event, "readOnly", granted->read_only);
	return event;
}

static const char *text_of(const cJSON *one, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, key));

	return text ? text : "";
}

static void one_text(const cJSON *one, const char *before, void line(void *context, const char *text), void *context)
{
	char text[2 * PATH_MAX + 100];
	bool read_only = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(one, "readOnly"));

	snprintf(text, sizeof text, "%s%.0f  %s as %s, %s", before, cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(one, "grant")),
	         text_of(one, "folder"), text_of(one, "name"), read_only ? "read-only" : "read-write");
	line(context, text);
}

void folders_text(const cJSON *event, void line(void *context, const char *text), void *context)
{
	const cJSON *one, *all = cJSON_GetObjectItemCaseSensitive(event, "grants");

	if (!all)
		one_text(event, "granted: ", line, context);
	else if (!cJSON_GetArraySize(all))
		line(context, "nothing was granted while it runs");
	cJSON_ArrayForEach(one, all)
		one_text(one, "", line, context);
}

static void on_line(void *keeper, const char *text)
{
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
}

void folders_say(struct keeper *keeper, const struct granted *granted)
{
	cJSON *event = granted ? folders_event(granted) : folders_list(keeper);

	folders_text(event, on_line, keeper);
	cJSON_Delete(event);
}

/* ---- the start and the end ---- */

void folders_restore(struct keeper *keeper)
{
	char name[PATH_MAX], why[GRANTABLE_WHY];
	const cJSON *one;
	cJSON *all;

	if (!keeper->config->ask || keeper->state.folder_fd < 0)
		return;
	if (!remembers(keeper)) { /* a start without --remember forgets them */
		file_name(keeper, name, "");
		unlinkat(keeper->state.folder_fd, name, 0);
		return;
	}
	all = file_read(keeper);
	cJSON_ArrayForEach(one, all) {
		const char *folder = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "folder"));
		const char *guest = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "name"));
		const char *inode = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "inode"));
		bool is_file = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(one, "file"));
		const char *rest = guest && is_file ? strrchr(guest, '/') : NULL;
		struct grant_wish wish = { folder, name, !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(one, "readOnly")),
			is_file ? WANT_TO_READ : WANT_TO_READ_IN };

		snprintf(name, sizeof name, "%.*s", rest ? (int)(rest - guest) : PATH_MAX, guest ? guest : "");
		if (folder && guest && inode && !grant(keeper, &wish, inode, 0, why))
			keeper_complain("not granted again: %s", why);
	}
	cJSON_Delete(all);
	file_write(keeper);
}

void folders_clear(struct keeper *keeper)
{
	while (keeper->granted) {
		struct granted *granted = keeper->granted;

		keeper->granted = granted->next;
		granted_free(granted);
	}
}
