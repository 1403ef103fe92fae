/* GET /_wvwasi/bytes?HANDLE: a part of a file that a program has open, or what comes from a stream socket of it. Streams of
 * files.js and of sockets take much this way: in Chromium a response is received with half the work of as many WebSocket
 * messages. Leaves to others: which handle is what (wasi/), an answer that goes on (http/stream.h). */
#ifndef SERVER_DOORS_BYTES_H
#define SERVER_DOORS_BYTES_H

#include "server/http/conn.h"

/* Of a file: answers 206 with the part that Range names, at most BYTES_AT_ONCE of it, so that of a grant that is taken back no
 * more comes. Of a socket, whose Range begins behind the last byte that was received: 200 with what comes, up to BYTES_OF_STREAM
 * of it, and less if nothing comes for a second, at the socket's end, or where calls have to go on. 401 without a program's key;
 * 409 where the page has to make calls (programs_file_open). */
enum { BYTES_AT_ONCE = 8 << 20, BYTES_OF_STREAM = 16 << 20 };
void bytes_serve(struct http_conn *conn, const struct head *head);

#endif
