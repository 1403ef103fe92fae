/* Whether a file can be a program, looked at before anything starts, so that the user reads the reason at the terminal and not in
 * a page. Leaves to others: whether the module is valid, which the browser's engine says. */
#ifndef SERVER_KEEPER_WASM_FILE_H
#define SERVER_KEEPER_WASM_FILE_H

/* What is wrong with the file, and what to do about it; NULL: nothing that shows. Reads by offset, at most 64 small pieces of
 * it. */
const char *wasm_file_wrong(int fd);

#endif
