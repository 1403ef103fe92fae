/* The interface between main.c and the engine that draws the window, without names of any engine. An
 * engine is one file (window_webkitgtk.c and its parts) that answers these functions. Leaves to others: which gateway
 * (pairing.h), where data is kept (places.h), who else is told. One thread; one app per process. */
#ifndef WEBVIEW_WINDOW_H
#define WEBVIEW_WINDOW_H

#include <stdbool.h>

struct window_setup { /* lent until window_run() returns */
	const char *origin;    /* "http://localhost:27015": nothing else may be navigated to */
	const char *name;      /* the app's, until its page says a title */
	const char *class;     /* names the app to the desktop: WM_CLASS, app_id */
	const char *data_dir;  /* NULL: nothing outlives the window */
	const char *cache_dir;
	bool inspect;          /* the engine's inspector may be opened */
	bool automation;       /* WebDriver may drive the window */
};

struct window_host { /* called back, on the one thread */
	/* The page or the gateway is gone, and the user asks for it again, at this path (with its query, "/…"). Lent. */
	void (*wants_link)(void *context, const char *path);
	/* The last window is closed and its page agreed. It is hidden but alive, so that programs can write what they still hold;
	 * window_quit() ends it. */
	void (*closed)(void *context);
	/* A link that leads elsewhere was clicked: http, https or mailto. Lent. */
	void (*elsewhere)(void *context, const char *uri);
	/* The user has answered window_ask(), whose dialog waits for window_ask_again() or window_ask_end(). path: lent; NULL:
	 * none. */
	void (*chosen)(void *context, const char *path, bool read_only);
	void *context;
};

/* Sets the environment variables that the engine needs and clears those that would open it to others. Call it first, while the
 * process has one thread and has started nothing. */
void window_environment(bool inspect, bool automation);

/* Opens the display, before the engine's first process. NULL, or why there is none (static). */
const char *window_display(void);

/* Makes the window; it becomes visible with its first content. */
void window_open(const struct window_setup *setup, const struct window_host *host);

/* Loads a one-use link, or any URL of the origin, in the first window. Removes window_tell()'s line. */
void window_load(const char *link);

/* Opens another window, at the app's beginning; closed() is called when it is gone. NULL: there are too many, or all close. */
void *window_another(void (*closed)(void *context), void *context);
/* Closes what window_another() gave, without asking its page. */
void window_another_end(void *another);

/* Shows a line above the page. `again`: with a button to try again (wants_link). */
void window_tell(const char *what, bool again);

enum window_wanted { WINDOW_FOLDER, WINDOW_FILE, WINDOW_NEW_FILE };
/* Asks the user for a folder or file, in the system's dialog, which begins in `folder`. words: who asks, and what for; writes: the
 * page wants to write, so that is proposed. Replaces an earlier question. */
void window_ask(const char *words, enum window_wanted wanted, const char *folder, bool writes);
/* What was chosen isn't granted: the dialog says why, and stays. */
void window_ask_again(const char *why);
/* The question is answered, here or elsewhere. */
void window_ask_end(void);
/* In place of window_open(): there are to be dialogs alone. */
void window_open_none(const struct window_setup *setup, const struct window_host *host);

/* Serves the window until window_quit(). */
void window_run(void);
void window_quit(void);

/* Closes every window without asking its page. */
void window_close_all(void);

/* ---- the loop, for others ---- */
/* Calls ready() whenever fd can be read, until it returns false. */
void window_watch(int fd, bool (*ready)(void *context), void *context);
/* Calls due() once. */
void window_after(unsigned ms, void (*due)(void *context), void *context);
/* Calls got() when one of the signals that ask a process to end has come. */
void window_on_end_signal(void (*got)(void *context), void *context);

#endif
