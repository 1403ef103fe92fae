/* The frames on the socket between a page and the dialer, for one HTTP request: docs/PROTOCOL.md, "Requests". */
#ifndef SERVER_DIALER_HTTP_WIRE_H
#define SERVER_DIALER_HTTP_WIRE_H

enum http_frame {
	HTTP_HEAD = 1, /* u16 status, u8 version (10, 11, 20), text reason, u16 count, count times text name, text value */
	HTTP_BODY,     /* bytes, both ways */
	HTTP_END,      /* nothing; both ways */
	HTTP_ERROR,    /* u8 enum http_error, then a sentence: the last frame */
};
enum { HTTP_FRAME_HEAD = 5, HTTP_FRAME_MAX = 1 << 20, HTTP_HEAD_MAX = 256 << 10 };
enum http_error { HTTP_FAILED, HTTP_UNREACHABLE, HTTP_TIMED_OUT, HTTP_NOT_TRUSTED, HTTP_BROKEN, HTTP_TOO_LARGE };

enum { HTTP_TRANSFERS_MAX = 512, HTTP_TRANSFERS_OF_SESSION = 128, HTTP_ADDRESSES_MAX = 16 };

#endif
