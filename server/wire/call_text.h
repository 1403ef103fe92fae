/* A call as a line of text, as strace(1) would have it: decoded flags, quoted names, lengths instead of data. Pure; for --trace
 * and for whoever watches. Leaves to others: which calls, and where the line goes. */
#ifndef SERVER_WIRE_CALL_TEXT_H
#define SERVER_WIRE_CALL_TEXT_H

#include <stddef.h>

#include "wasi/wasi.h"

enum { CALL_TEXT_MAX = 1024, RESULT_TEXT_MAX = 400 };

/* "path_open(3, 0, \"a.txt\", CREAT, …, new 5)" for a call whose args are decoded. Always terminated; cut with "..." at size. */
size_t call_text(const struct call *call, char *text, size_t size);
/* "= 0", "= 12", "= ENOENT", … for a call that is done. */
size_t call_text_result(const struct call *call, char *text, size_t size);
/* "ENOENT"; "E200" for a number that isn't one. */
const char *errno_name(wasi_errno_t error);

#endif
