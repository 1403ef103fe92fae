#include "reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reply_init(struct reply *reply, int status)
{
	*reply = (struct reply){ .status = status, .fd = -1 };
}

void reply_header(struct reply *reply, const char *format, ...)
{
	size_t at = strlen(reply->headers);
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(reply->headers + at, sizeof reply->headers - at, format, args);
	va_end(args);
	assert(length >= 0 && at + (size_t)length + 2 < sizeof reply->headers);
	memcpy(reply->headers + at + length, "\r\n", 3);
}

const char *status_text(int status)
{
	switch (status) {
	case 200: return "OK";
	case 206: return "Partial Content";
	case 301: return "Moved Permanently";
	case 302: return "Found";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 409: return "Conflict";
	case 410: return "Gone";
	case 411: return "Length Required";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 416: return "Range Not Satisfiable";
	case 421: return "Misdirected Request";
	case 426: return "Upgrade Required";
	case 431: return "Request Header Fields Too Large";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	case 505: return "HTTP Version Not Supported";
	default: return "Error";
	}
}
