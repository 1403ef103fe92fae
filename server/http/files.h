/* Files of the app's folder (--root). Leaves to others: how an open file is answered (send.h). */
#ifndef SERVER_HTTP_FILES_H
#define SERVER_HTTP_FILES_H

#include "conn.h"

/* Answers a GET or HEAD: regular files below --root, index.html for folders. Dot-names and paths that lead outside are 404. */
void files_serve(struct http_conn *conn, const struct head *head);

#endif
