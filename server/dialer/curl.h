/* libcurl's functions, loaded at run time by the dialer alone: a gateway without --net has none of it in memory. No build needs
 * its headers. */
#ifndef SERVER_DIALER_CURL_H
#define SERVER_DIALER_CURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Its types, as wide as its own. */
typedef void CURL, CURLM;
typedef unsigned CURLcode, CURLoption, CURLINFO, CURLMoption, CURLMSG, curlsocktype;
typedef int CURLMcode, curl_socket_t;
typedef int64_t curl_off_t;
struct curl_slist; /* a list of lines: libcurl's */

struct curl_sockaddr {
	int family, socktype, protocol;
	unsigned addrlen;
	struct sockaddr addr;
};

typedef struct {
	CURLMSG msg;
	CURL *easy_handle;
	union {
		void *whatever;
		CURLcode result;
	} data;
} CURLMsg;

#define CURL_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type);
#define CURL_FIELD(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #field);
#include "curl_abi.def"

enum {
#define CURL_VALUE(name, value) name = value,
#include "curl_abi.def"
};

/* Pointers to libcurl's functions: curl.easy_init is curl_easy_init(), and so on. */
struct curl_functions {
#define CURL_FUNCTION(gives, name, parameters) gives (*name) parameters;
#include "curl_abi.def"
};
extern struct curl_functions curl;

/* Loads and initialises libcurl. Call it once, before the process is locked in. False: `problem` has the reason and what
 * helps. */
bool curl_load(char *problem, size_t size);

#endif
