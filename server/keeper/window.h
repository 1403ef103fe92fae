/* Starts the app's window, wvwasi-webview, and knows which clients of the control socket are windows. In the keeper.
 * What is said between them: webview/pairing.h. Leaves to others: saying it (keeper/windows.c). */
#ifndef SERVER_KEEPER_WINDOW_H
#define SERVER_KEEPER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct config;

enum { WINDOWS_MAX = 8 };

struct windows {
	uint32_t requesters[WINDOWS_MAX]; /* 0: free */
	uint32_t dialog;              /* a file chooser without a window, that we started for a question; 0: none */
	uint32_t dialog_left;         /* one that ends, since its question is answered */
	pid_t dialog_pid;             /* of either */
	uint32_t own;                 /* the one that we started, by its number; 0: none */
	pid_t own_pid;
	bool own_has_met;             /* it said that it is a window */
	bool own_has_closed;          /* and its programs have ended: the last window that closes ends the gateway */
};

/* Starts the executable that is beside the gateway's, else in PATH. *fd: our end of its socket; yours. False with errno. */
bool window_start(struct windows *windows, const struct config *config, int *fd);
/* Shows the window's dialog for a folder alone: true if there is a display and the executable. As above. */
bool window_start_dialog(struct windows *windows, const struct config *config, int *fd);
/* Replaces this process by a window of a running gateway. Returns only on failure, with the exit code. */
int window_become(const struct config *config, const char *root);

/* Notes that this client is a window. False: there are too many. */
bool windows_add(struct windows *windows, uint32_t requester);
/* Is it a window, or the dialog? */
bool windows_has(const struct windows *windows, uint32_t requester);
/* Forgets a window; true if it was one. */
bool windows_remove(struct windows *windows, uint32_t requester);
/* Waits (at most half a second) for a process that we started, whose socket has closed. */
void window_reap(pid_t *pid);

#endif
