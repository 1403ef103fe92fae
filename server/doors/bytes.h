/* GET /_wvwasi/bytes?HANDLE: a part of a file that a program has open. A stream of files.js takes large files this way: in
 * Chromium a response is received with half the work of as many WebSocket messages. Leaves to others: which handle is what
 * (wasi/). */
#ifndef SERVER_DOORS_BYTES_H
#define SERVER_DOORS_BYTES_H

#include "server/http/conn.h"

/* Answers 206 with the part that Range names, at most BYTES_AT_ONCE of it, so that of a grant that is taken back no more comes;
 * 401 without a program's key; 409 where the page has to make calls (programs_file_open). */
enum { BYTES_AT_ONCE = 8 << 20 };
void bytes_serve(struct http_conn *conn, const struct head *head);

#endif
