/* libcurl's functions, loaded at run time by the dialer alone: a gateway without --net has none of it in memory. */
#ifndef SERVER_DIALER_CURL_H
#define SERVER_DIALER_CURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#define CURL_FUNCTIONS(X) \
	X(global_init) X(easy_init) X(easy_setopt) X(easy_getinfo) X(easy_pause) X(easy_cleanup) X(easy_strerror) \
	X(multi_init) X(multi_setopt) X(multi_add_handle) X(multi_remove_handle) X(multi_assign) X(multi_socket_action) \
	X(multi_info_read) X(multi_cleanup) X(slist_append) X(slist_free_all)

/* Pointers to libcurl's functions: curl.easy_init is curl_easy_init(), and so on. */
struct curl_functions {
#define X(name) __typeof__(&curl_##name) name;
	CURL_FUNCTIONS(X)
#undef X
};
extern struct curl_functions curl;

/* Loads and initialises libcurl. Call it once, before the process is locked in. False: `problem` has the reason, one sentence. */
bool curl_load(char *problem, size_t size);

#endif
