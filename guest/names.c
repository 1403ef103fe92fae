/* getaddrinfo, freeaddrinfo, gai_strerror and gethostbyname for programs of wasi-libc; compile it with sockets.c. The gateway
 * looks a name up if a --net rule allows it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32, DATA = 26 };
enum { FAMILY_INET = 1, FAMILY_INET6, TYPE_DATAGRAM = 1, TYPE_STREAM };
enum { FLAGS = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG };

/* WasmEdge's layouts, in the program's memory. */
struct its_sockaddr {
	uint32_t family;
	uint32_t length;
	uint8_t *data; /* port, address; IPv6: port, flow, address, scope */
};

struct its_addrinfo {
	uint16_t flags;
	uint8_t family;
	uint8_t type;
	uint32_t protocol;
	uint32_t address_length;
	struct its_sockaddr *address;
	char *name;
	uint32_t name_length;
	struct its_addrinfo *next;
};

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_getaddrinfo"))) extern int32_t
import_sock_getaddrinfo(const char *node, size_t node_length, const char *service, size_t service_length,
                        const struct its_addrinfo *hints, struct its_addrinfo **first, size_t most, size_t *count);

/* EAI_ of the import's errno: WasmEdge adds these to preview1's. */
static int error_of(int32_t error)
{
	switch (error) {
	case 78: return EAI_AGAIN;
	case 80: return EAI_FAIL;
	case 81: return EAI_FAMILY;
	case 82: return EAI_MEMORY;
	case 84: return EAI_NONAME;
	case 85: return EAI_SERVICE;
	case 86: return EAI_SOCKTYPE;
	default:
		errno = error;
		return EAI_SYSTEM;
	}
}

/* One result, with its address: freeaddrinfo() frees both at once. */
struct entry {
	struct addrinfo info;
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address;
};

static struct addrinfo *entry_new(const struct its_addrinfo *from)
{
	struct entry *entry = calloc(1, sizeof *entry);
	const uint8_t *data = from->address->data;

	if (!entry)
		return NULL;
	if (from->family == FAMILY_INET) {
		entry->address.in.sin_family = AF_INET;
		memcpy(&entry->address.in.sin_port, data, 2);
		memcpy(&entry->address.in.sin_addr, data + 2, 4);
	} else {
		entry->address.in6.sin6_family = AF_INET6;
		memcpy(&entry->address.in6.sin6_port, data, 2);
		memcpy(&entry->address.in6.sin6_addr, data + 6, 16);
		memcpy(&entry->address.in6.sin6_scope_id, data + 22, 4);
	}
	entry->info.ai_family = from->family == FAMILY_INET ? AF_INET : AF_INET6;
	entry->info.ai_socktype = from->type == TYPE_DATAGRAM ? SOCK_DGRAM : SOCK_STREAM;
	entry->info.ai_protocol = from->type == TYPE_DATAGRAM ? IPPROTO_UDP : IPPROTO_TCP;
	entry->info.ai_addrlen = from->family == FAMILY_INET ? sizeof entry->address.in : sizeof entry->address.in6;
	entry->info.ai_addr = (struct sockaddr *)&entry->address;
	return &entry->info;
}

/* Calls the import, which fills `list`. Returns 0, and the number of entries in *count, or an EAI_ error. */
static int ask(const char *node, const char *service, const struct addrinfo *hints, struct its_addrinfo list[MOST], size_t *count)
{
	static struct its_sockaddr addresses[MOST];
	static uint8_t data[MOST][DATA];
	struct its_addrinfo wish = { 0 }, *first = list;

	if (hints) {
		wish.flags = (uint16_t)hints->ai_flags;
		wish.family = hints->ai_family == AF_INET ? FAMILY_INET : hints->ai_family == AF_INET6 ? FAMILY_INET6 : 0;
		wish.type = hints->ai_socktype == SOCK_STREAM ? TYPE_STREAM : hints->ai_socktype == SOCK_DGRAM ? TYPE_DATAGRAM : 0;
	}
	for (int i = 0; i < MOST; i++) {
		addresses[i] = (struct its_sockaddr){ .length = DATA, .data = data[i] };
		list[i] = (struct its_addrinfo){ .address = &addresses[i], .next = i + 1 < MOST ? &list[i + 1] : NULL };
	}
	int32_t error = import_sock_getaddrinfo(node, strlen(node), service, strlen(service), &wish, &first, MOST, count);

	return error ? error_of(error) : 0;
}

int getaddrinfo(const char *__restrict node, const char *__restrict service, const struct addrinfo *__restrict hints,
	struct addrinfo **__restrict found)
{
	struct its_addrinfo list[MOST];
	struct addrinfo **at = found;
	size_t count = 0;

	*found = NULL;
	if (!node && !service)
		return EAI_NONAME;
	if (hints && ((hints->ai_flags & ~FLAGS) || ((hints->ai_flags & AI_CANONNAME) && !node)))
		return EAI_BADFLAGS;
	if (hints && hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
		return EAI_FAMILY;
	if (hints && hints->ai_socktype && hints->ai_socktype != SOCK_STREAM && hints->ai_socktype != SOCK_DGRAM)
		return EAI_SOCKTYPE;
	int error = ask(node ? node : "", service ? service : "", hints, list, &count);

	for (size_t i = 0; !error && i < count; i++, at = &(*at)->ai_next) {
		*at = entry_new(&list[i]);
		if (!*at)
			error = EAI_MEMORY;
		if (error)
			break;
	}
	if (!error && hints && (hints->ai_flags & AI_CANONNAME) && *found && !((*found)->ai_canonname = strdup(node)))
		error = EAI_MEMORY;
	if (error) {
		freeaddrinfo(*found);
		*found = NULL;
	}
	return error;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_canonname);
		free(list);
		list = next;
	}
}

const char *gai_strerror(int error)
{
	switch (error) {
	case 0: return "Success";
	case EAI_BADFLAGS: return "Bad value for ai_flags";
	case EAI_NONAME: return "Name or service not known";
	case EAI_AGAIN: return "Temporary failure in name resolution";
	case EAI_FAIL: return "Non-recoverable failure in name resolution";
	case EAI_NODATA: return "No address associated with hostname";
	case EAI_FAMILY: return "ai_family not supported";
	case EAI_SOCKTYPE: return "ai_socktype not supported";
	case EAI_SERVICE: return "Servname not supported for ai_socktype";
	case EAI_MEMORY: return "Memory allocation failure";
	case EAI_SYSTEM: return "System error";
	default: return "Unknown error";
	}
}

struct hostent *gethostbyname(const char *name)
{
	static struct in_addr addresses[MOST];
	static char *list[MOST + 1], *none[1], kept[256];
	static struct hostent host = { kept, none, AF_INET, 4, list };
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	int count = 0;

	if (strlen(name) >= sizeof kept || getaddrinfo(name, NULL, &hints, &found))
		return NULL;
	for (struct addrinfo *at = found; at && count < MOST; at = at->ai_next, count++) {
		addresses[count] = ((struct sockaddr_in *)(void *)at->ai_addr)->sin_addr;
		list[count] = (char *)&addresses[count];
	}
	list[count] = NULL;
	freeaddrinfo(found);
	strcpy(kept, name);
	return count ? &host : NULL;
}
