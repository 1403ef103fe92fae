/* Another server's answer: its head from bytes to a verdict, and what is passed on of it to the browser. */
#include <stdlib.h>
#include <string.h>

#include "server/http/answer_head.h"
#include "tree.h"

static const char *const origins[] = { "http://localhost:5173", "http://127.0.0.1:5173", NULL };
static const char more[] = "X-Ours: yes\r\n";

static void must_make_sense(const struct answer_head *head, const char *bytes)
{
	if (head->length < 4 || memcmp(bytes + head->length - 4, "\r\n\r\n", 4))
		broken("a head that doesn't end with an empty line");
	if (memmem(bytes, head->length - 1, "\r\n\r\n", 4))
		broken("a head that goes on behind an empty line");
	if (head->status < 100 || head->status > 599)
		broken("status %d", head->status);
	if (head->has_length && head->is_chunked)
		broken("two lengths");
}

/* What the browser gets is a head, one, with nothing in it that would be taken for ours. */
static void must_be_passed_on(const struct answer_head *head)
{
	static char out[ANSWER_HEAD_MAX + 2048];
	struct answer_head again;
	size_t length = answer_head_write(head, origins, more, out, sizeof out);

	if (!length)
		broken("no room for a head of %zu bytes", head->length);
	if (answer_head_read(&again, out, length) != ANSWER_READY || again.length != length)
		broken("what is passed on is no head, or more than one");
	if (again.status != head->status || again.has_length != head->has_length || again.content_length != head->content_length ||
	    again.is_chunked != head->is_chunked)
		broken("what is passed on says another length or status");
	if (!memmem(out, length, more, sizeof more - 1))
		broken("our own lines are missing");
	if (memmem(out, length, "\r\nSet-Cookie: wv_", 17) || memmem(out, length, "\r\nAccess-Control-", 17))
		broken("a line that isn't for the browser");
	for (size_t room = 0; room < length; room = room * 2 + 1)
		if (answer_head_write(head, origins, more, out, room))
			broken("%zu bytes in %zu", length, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	/* Exactly as long as it is: the sanitizer sees what reads past it. */
	char *bytes = memcpy(malloc(length + !length), input, length);
	struct answer_head head, again;

	if (length <= ANSWER_HEAD_MAX && length)
		switch (answer_head_read(&head, bytes, length)) {
		case ANSWER_READY:
			must_make_sense(&head, bytes);
			for (size_t less = head.length - 1; less > 0; less = less * 3 / 4)
				if (answer_head_read(&again, bytes, less) != ANSWER_MORE)
					broken("ready at %zu bytes, but not waited for at %zu", head.length, less);
			must_be_passed_on(&head);
			break;
		case ANSWER_BAD:
			if (!head.problem)
				broken("bad, and nobody knows why");
			break;
		case ANSWER_MORE:
			break;
		}
	free(bytes);
	return 0;
}
