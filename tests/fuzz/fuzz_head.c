/* Our part of HTTP: a request's head from bytes to a verdict, the origin check's after it, and the path that would be looked
 * for. */
#include <stdlib.h>
#include <string.h>

#include "server/auth/origin_check.h"
#include "server/http/head.h"
#include "server/http/long_head.h"
#include "tree.h"

static const char host[] = "localhost:4242", origin[] = "http://localhost:4242";

static bool lies_in(struct text text, const char *bytes, size_t length)
{
	return !text.at || (text.at >= bytes && text.at + text.length <= bytes + length);
}

static void must_make_sense(const struct head *head, const char *bytes)
{
	if (head->length < 4 || memcmp(bytes + head->length - 4, "\r\n\r\n", 4))
		broken("a head that doesn't end with an empty line");
	if (memmem(bytes, head->length - 1, "\r\n\r\n", 4))
		broken("a head that goes on behind an empty line");
	for (int i = 0; i < HEAD_FIELDS; i++)
		if (!lies_in(head->fields[i], bytes, head->length))
			broken("field %d isn't in the head", i);
	if (!lies_in(head->path, bytes, head->length) || !lies_in(head->query, bytes, head->length) || head->path.length < 1 ||
	    *head->path.at != '/')
		broken("a path that isn't in the head");
	if ((head->method == METHOD_GET || head->method == METHOD_HEAD) && head->content_length)
		broken("a body that nobody would read");
	if (head->fields[HEAD_TRANSFER_ENCODING].at)
		broken("a body whose length isn't said");
}

static void must_be_guarded(const struct head *head)
{
	char text[600];
	const struct origin_claims claims = head_origin(head);
	enum origin_verdict verdict = origin_check(&claims, host, origin);

	origin_check_explain(verdict, &claims, origin, text, sizeof text);
	if (verdict != ORIGIN_OK)
		return;
	if (!text_is(head->fields[HEAD_HOST], host))
		broken("open to another host");
	if (head->fields[HEAD_ORIGIN].at ? !text_is(head->fields[HEAD_ORIGIN], origin) :
	    head->method == METHOD_POST || head->fields[HEAD_UPGRADE].at)
		broken("open to another origin");
}

static void must_stay_beneath(struct text path)
{
	char *decoded = malloc(path.length + 1);
	int status = path_decode(path, decoded);

	if (status != 0 && status != 400 && status != 404)
		broken("path_decode gave %d", status);
	for (const char *name = decoded; !status && *name; name += strcspn(name, "/") + (strchr(name, '/') != NULL))
		if ((*name == '.' && !(name == decoded && !strncmp(name, ".well-known/", 12))) || *name == '/')
			broken("a path with '%.8s' in it", name);
	free(decoded);
}

/* What is kept of a long head is read as the whole would be, but for cookies that aren't ours. */
static void must_be_the_same_kept(const char *bytes, size_t length)
{
	static struct long_head kept;
	struct head whole, rest;
	size_t taken, at = 0;
	enum head_verdict verdict = HEAD_MORE;

	memset(&kept, 0, sizeof kept);
	while (verdict == HEAD_MORE && at < length) {
		size_t left = length - at, piece = left < 7 ? left : 7;

		verdict = long_head_take(&kept, bytes + at, piece, &taken);
		at += taken;
	}
	if (head_read(&whole, bytes, length) == HEAD_READY) {
		if (verdict != HEAD_READY || at != whole.length || head_read(&rest, kept.kept, kept.length) != HEAD_READY)
			broken("a good head isn't one when it is kept");
		for (int i = 0; i < HEAD_FIELDS; i++)
			if (i != HEAD_COOKIE && (whole.fields[i].length != rest.fields[i].length ||
			    memcmp(whole.fields[i].at ? whole.fields[i].at : "", rest.fields[i].at ? rest.fields[i].at : "",
			    whole.fields[i].length)))
				broken("field %d differs when it is kept", i);
	} else if (verdict == HEAD_READY && head_read(&rest, kept.kept, kept.length) == HEAD_READY) {
		broken("a bad head is good when it is kept");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	/* Exactly as long as it is: the sanitizer sees what reads past it. */
	char *bytes = memcpy(malloc(length + !length), input, length);
	struct head head, again;

	if (length > HEAD_BYTES_MAX || length == 0)
		goto out;
	must_be_the_same_kept(bytes, length);
	switch (head_read(&head, bytes, length)) {
	case HEAD_READY:
		must_make_sense(&head, bytes);
		for (size_t less = head.length - 1; less > 0; less = less * 3 / 4)
			if (head_read(&again, bytes, less) != HEAD_MORE)
				broken("ready at %zu bytes, but not waited for at %zu", head.length, less);
		if (head_read(&again, bytes, head.length) != HEAD_READY || again.length != head.length)
			broken("what follows a head changes it");
		must_be_guarded(&head);
		must_stay_beneath(head.path);
		text_has_word(head.fields[HEAD_WEBSOCKET_PROTOCOL], "wvwasi.1");
		break;
	case HEAD_REFUSED:
		if (!head.problem || (head.status != 400 && head.status != 411 && head.status != 414 && head.status != 431 &&
		    head.status != 505))
			broken("refused with status %d", head.status);
		break;
	case HEAD_LONG:
		break;
	case HEAD_MORE:
		if (memmem(bytes, length, "\r\n\r\n", 4))
			broken("waits for more after an empty line");
		break;
	}
out:
	free(bytes);
	return 0;
}
