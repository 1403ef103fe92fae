/* The head of a response: takes libcurl's lines and makes one HEAD frame of them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http_internal.h"

static bool put(struct http_transfer *transfer, const void *bytes, size_t length)
{
	if (transfer->head_length + length > HTTP_HEAD_MAX ||
	    !http_reserve(&transfer->head, &transfer->head_room, transfer->head_length + length))
		return false;
	if (length)
		memcpy(transfer->head + transfer->head_length, bytes, length);
	transfer->head_length += length;
	return true;
}

static bool put_text(struct http_transfer *transfer, const char *text, size_t length)
{
	uint8_t size[2] = { (uint8_t)length, (uint8_t)(length >> 8) };

	return length <= 0xffff && put(transfer, size, 2) && put(transfer, text, length);
}

/* "HTTP/1.1 200 OK" */
static bool status_line(struct http_transfer *transfer, const char *line, size_t length)
{
	char text[128];
	unsigned major = 0, minor = 0, status = 0;
	const char *reason = line + length;
	uint8_t fixed[3];

	snprintf(text, sizeof text, "%.*s", (int)length, line);
	if (sscanf(text, "HTTP/%1u.%1u %3u", &major, &minor, &status) != 3 && sscanf(text, "HTTP/%1u %3u", &major, &status) != 2)
		return false;
	for (size_t i = 0, spaces = 0; i < length; i++)
		if (line[i] == ' ' && ++spaces == 2)
			reason = line + i + 1;
	fixed[0] = (uint8_t)status;
	fixed[1] = (uint8_t)(status >> 8);
	fixed[2] = (uint8_t)(major * 10 + minor);
	transfer->head_length = 0;
	transfer->head_count = 0;
	transfer->status = status;
	return status >= 100 && put(transfer, fixed, 3) && put_text(transfer, reason, (size_t)(line + length - reason)) &&
		put(transfer, "\0\0", 2);
}

static bool header_line(struct http_transfer *transfer, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length), *value = colon ? colon + 1 : NULL, *end = line + length;

	if (!colon || colon == line)
		return true; /* not a header: ignored */
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	transfer->head_count++;
	return put_text(transfer, line, (size_t)(colon - line)) && put_text(transfer, value, (size_t)(end - value));
}

/* Fills in the number of headers, which stands behind the reason, and sends the frame. */
static bool head_send(struct http_transfer *transfer)
{
	size_t reason = (size_t)(transfer->head[3] | transfer->head[4] << 8);

	transfer->head[5 + reason] = (uint8_t)transfer->head_count;
	transfer->head[6 + reason] = (uint8_t)(transfer->head_count >> 8);
	transfer->head_sent = true;
	return transfer->head_count <= 0xffff && http_frame_put(transfer, HTTP_HEAD, transfer->head, transfer->head_length) &&
		http_flush(transfer);
}

size_t http_on_header(char *bytes, size_t size, size_t count, void *context)
{
	struct http_transfer *transfer = context;
	size_t length = size * count, given = length;
	bool good = true;

	transfer->moved_at = uv_now(transfer->client->loop);
	while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	if (transfer->head_sent)
		return given; /* trailers are dropped */
	if (length >= 5 && !strncasecmp(bytes, "HTTP/", 5))
		good = status_line(transfer, bytes, length);
	else if (!transfer->status)
		good = false;
	else if (length)
		good = header_line(transfer, bytes, length);
	else if (transfer->status >= 200)
		good = head_send(transfer);
	transfer->head_failed |= !good;
	http_watch(transfer);
	return good ? given : 0;
}
