/* PROGRAM as a page gets it: program.json says how to start it, program.wasm has its bytes, `recording` those that
 * it is replayed from; the keeper opens the file for each request. */
#ifndef SERVER_DOORS_PROGRAM_FILE_H
#define SERVER_DOORS_PROGRAM_FILE_H

#include <stdint.h>

#include "server/base/text.h"

struct gateway;
struct head;
struct http_conn;

void program_file_json(struct http_conn *conn);
void program_file_wasm(struct http_conn *conn, const struct head *head);
void program_file_recording(struct http_conn *conn, const struct head *head);
/* programs/NAME: the bytes of one of --program. */
void program_file_further(struct http_conn *conn, const struct head *head, struct text name);
/* The keeper has opened it for the request that has waited longest (takes fd), or error says why not. file: enum program_file */
void program_file_opened(struct gateway *gateway, int fd, int error, uint32_t file);

#endif
