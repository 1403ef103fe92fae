/* Files of the app's folder (--root). Leaves to others: how an open file is answered (send.h). */
#ifndef SERVER_HTTP_FILES_H
#define SERVER_HTTP_FILES_H

#include "conn.h"

/* A GET or HEAD below --root: regular files in it, index.html of folders. Dot-names and what leads out of it are 404. */
void files_serve(struct http_conn *conn, const struct head *head);

#endif
