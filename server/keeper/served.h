/* What the gateway serves, root or program, and the state file by which other processes find it. */
#ifndef SERVER_KEEPER_SERVED_H
#define SERVER_KEEPER_SERVED_H

#include "internal.h"

const char *served_path(const struct config *config);

/* path's real path if it exists, else path. */
const char *served_resolve(const char *path, char real[PATH_MAX]);

/* A descriptor of a file of a program, or -1 with errno. file: enum program_file of keeper_messages.h */
int served_open(const struct config *config, uint32_t file);

/* A socket to the server behind --root, perhaps not connected yet, or -1 with errno. No other address is ever connected to. */
int served_connect(const struct config *config);

/* False: the program can't be read or run, or the app's folder can't be served, or not by this user; it is said. */
bool served_is_there(const struct config *config);

/* The port kept for the root, or the one asked for. -1: not to be started, with *exit_code. */
int served_port(struct keeper *keeper, int *exit_code);

/* Writes down that it serves: from now on other processes find it. */
void served_announce(struct keeper *keeper);

#endif
