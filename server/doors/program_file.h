/* PROGRAM as a page sees it: program.json says how it is started, program.wasm has its bytes, which the keeper opens for each request. */
#ifndef SERVER_DOORS_PROGRAM_FILE_H
#define SERVER_DOORS_PROGRAM_FILE_H

struct client;
struct gateway;
struct head;
struct http_conn;

void program_file_json(struct http_conn *conn);
void program_file_wasm(struct http_conn *conn, const struct head *head);
/* It was opened for the request that has waited longest (fd is taken), or couldn't be: errno. */
void program_file_opened(struct gateway *gateway, int fd, int error);
/* The client doesn't wait any more. */
void program_file_forget(struct client *client);

#endif
