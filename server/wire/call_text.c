#include "call_text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"

static const char *const errnos[] = {
	"SUCCESS",
#define ERRNO(name, meaning) #name,
#include "wasi/errnos.def"
};

/* Flag names, bit 0 first. */
static const char *const oflags[] = { "CREAT", "DIRECTORY", "EXCL", "TRUNC", NULL };
static const char *const fdflags[] = { "APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC", NULL };
static const char *const fstflags[] = { "ATIM", "ATIM_NOW", "MTIM", "MTIM_NOW", NULL };
static const char *const lookupflags[] = { "SYMLINK_FOLLOW", NULL };
static const char *const riflags[] = { "PEEK", "WAITALL", NULL };
static const char *const sdflags[] = { "RD", "WR", NULL };
static const char *const rights[] = {
	"FD_DATASYNC", "FD_READ", "FD_SEEK", "FD_FDSTAT_SET_FLAGS", "FD_SYNC", "FD_TELL", "FD_WRITE", "FD_ADVISE", "FD_ALLOCATE",
	"PATH_CREATE_DIRECTORY", "PATH_CREATE_FILE", "PATH_LINK_SOURCE", "PATH_LINK_TARGET", "PATH_OPEN", "FD_READDIR",
	"PATH_READLINK",
	"PATH_RENAME_SOURCE", "PATH_RENAME_TARGET", "PATH_FILESTAT_GET", "PATH_FILESTAT_SET_SIZE", "PATH_FILESTAT_SET_TIMES",
	"FD_FILESTAT_GET",
	"FD_FILESTAT_SET_SIZE", "FD_FILESTAT_SET_TIMES", "PATH_SYMLINK", "PATH_REMOVE_DIRECTORY", "PATH_UNLINK_FILE",
	"POLL_FD_READWRITE",
	"SOCK_SHUTDOWN", "SOCK_ACCEPT", NULL
};
static const uint64_t every_right = (UINT64_C(1) << 30) - 1;
static const char *const clocks[] = { "REALTIME", "MONOTONIC", "PROCESS_CPUTIME", "THREAD_CPUTIME", NULL };
static const char *const whences[] = { "SET", "CUR", "END", NULL };
static const char *const locks[] = { "UNLOCK", "SHARED", "EXCLUSIVE", NULL };
static const char *const lockflags[] = { "WAIT", "TEST", NULL };
static const char *const advices[] = { "NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE", NULL };
static const char *const families[] = { "AF_UNSPEC", "1", "2", "3", "AF_INET", "5", "AF_INET6", NULL };
static const char *const socket_types[] = { "0", "SOCK_STREAM", "SOCK_DGRAM", NULL };
static const char *const sides[] = { "OWN", "PEER", NULL };
static const char *const levels[] = { "SOL_SOCKET", "1", "2", "3", "4", "5", "SOL_TCP", NULL };

/* Arguments that are shown as words, by their names in the table of calls. Others are shown as their letters say. */
static const struct worded {
	const char *name;
	enum { FLAGS, CHOICE } kind;
	const char *const *words;
} worded[] = {
	{ "oflags", FLAGS, oflags }, { "fdflags", FLAGS, fdflags }, { "fstflags", FLAGS, fstflags }, { "lookup", FLAGS, lookupflags },
	{ "riflags", FLAGS, riflags }, { "sdflags", FLAGS, sdflags }, { "rights", FLAGS, rights }, { "inheriting", FLAGS, rights },
	{ "clock", CHOICE, clocks }, { "whence", CHOICE, whences }, { "advice", CHOICE, advices },
	{ "lock", CHOICE, locks }, { "lockflags", FLAGS, lockflags },
	{ "family", CHOICE, families }, { "type", CHOICE, socket_types }, { "which", CHOICE, sides }, { "level", CHOICE, levels },
};

/* The names of each row's arguments, with commas between. */
static const char *const names_of[] = {
#define SYSCALL(number, name, takes, gives, flags, rights, takes_names, ...) takes_names,
#include "wasi/syscalls.def"
};

struct line {
	char *text;
	size_t size, length;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *line, const char *format, ...)
{
	va_list args;
	int length;

	if (line->length + 1 >= line->size)
		return;
	va_start(args, format);
	length = vsnprintf(line->text + line->length, line->size - line->length, format, args);
	va_end(args);
	line->length += length < 0 ? 0 : (size_t)length;
	if (line->length >= line->size) {
		line->length = line->size - 1;
		memcpy(line->text + line->size - 4, "...", 4);
	}
}

static void put_flags(struct line *line, const char *const *names, uint64_t flags)
{
	const char *between = "";

	for (unsigned bit = 0; names[bit]; bit++)
		if (flags >> bit & 1) {
			put(line, "%s%s", between, names[bit]);
			between = "|";
			flags &= ~(UINT64_C(1) << bit);
		}
	if (flags)
		put(line, "%s0x%" PRIx64, between, flags); /* bits without a name */
	else if (!*between)
		put(line, "0");
}

static void put_choice(struct line *line, const char *const *names, uint64_t value)
{
	for (uint64_t i = 0; *names; names++, i++)
		if (i == value) {
			put(line, "%s", *names);
			return;
		}
	put(line, "%" PRIu64, value);
}

/* Names are any bytes: what isn't printable ASCII or UTF-8's is shown in octal, as strace does. */
static void put_name(struct line *line, const uint8_t *bytes, size_t length)
{
	put(line, "\"");
	for (size_t i = 0; i < length && line->length + 8 < line->size; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			put(line, "\\%c", bytes[i]);
		else if (bytes[i] < 32 || bytes[i] == 127)
			put(line, "\\%o", bytes[i]);
		else
			put(line, "%c", bytes[i]);
	}
	put(line, "\"");
}

/* As strace shows a struct sockaddr; a name, which the kernel has none of, in the same manner. */
static void put_endpoint(struct line *line, const uint8_t *bytes, size_t length)
{
	char address[INET6_ADDRSTRLEN];
	unsigned port = length >= 3 ? bytes[1] | bytes[2] << 8 : 0;

	if (!length) {
		put(line, "NULL");
	} else if (bytes[0] == 4 && length == 7) {
		put(line, "{sa_family=AF_INET, sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")}", port,
		    bytes[3], bytes[4], bytes[5], bytes[6]);
	} else if (bytes[0] == 6 && length == 23) {
		uint32_t scope = codec_u32(bytes + 19);

		inet_ntop(AF_INET6, bytes + 3, address, sizeof address);
		put(line, "{sa_family=AF_INET6, sin6_port=htons(%u), inet_pton(AF_INET6, \"%s\", &sin6_addr), sin6_scope_id=%" PRIu32 "}",
		    port, address, scope);
	} else if (bytes[0] == 'n' && length > 3) {
		put(line, "{name=");
		put_name(line, bytes + 3, length - 3);
		put(line, ", port=htons(%u)}", port);
	} else {
		put(line, "[%zu bytes]", length);
	}
}

/* Endpoints, each behind its length. */
static void put_endpoints(struct line *line, const uint8_t *bytes, size_t length)
{
	const char *between = "";

	put(line, "[");
	for (size_t at = 0; at < length && at + 1u + bytes[at] <= length; at += 1u + bytes[at]) {
		put(line, "%s", between);
		put_endpoint(line, bytes + at + 1, bytes[at]);
		between = ", ";
	}
	put(line, "]");
}

static void put_handle(struct line *line, uint64_t handle)
{
	put(line, "%u", WASI_HANDLE_SLOT((uint32_t)handle));
	if (WASI_HANDLE_GENERATION((uint32_t)handle))
		put(line, ".%u", WASI_HANDLE_GENERATION((uint32_t)handle));
}

static void put_subscriptions(struct line *line, const uint8_t *bytes, size_t length)
{
	const char *between = "";

	put(line, "[");
	for (; length >= sizeof(wasi_subscription_t); bytes += sizeof(wasi_subscription_t), length -= sizeof(wasi_subscription_t)) {
		wasi_subscription_t subscription;

		memcpy(&subscription, bytes, sizeof subscription);
		put(line, "%s", between);
		between = ", ";
		if (subscription.tag == WASI_EVENTTYPE_CLOCK) {
			put_choice(line, clocks, subscription.clock.id);
			put(line, " %s%" PRIu64 " ns", subscription.clock.flags & WASI_SUBCLOCK_ABSTIME ? "until " : "+",
			    subscription.clock.timeout);
		} else {
			put(line, "%s ", subscription.tag == WASI_EVENTTYPE_FD_READ ? "read" : "write");
			put_handle(line, subscription.fd.fd);
		}
	}
	put(line, "]");
}

static void put_words(struct line *line, const struct worded *how, uint64_t value)
{
	if (how->kind == CHOICE)
		put_choice(line, how->words, value);
	else if (how->words == rights && (value & every_right) == every_right)
		put(line, "ALL");
	else
		put_flags(line, how->words, value);
}

static bool is_named(const char *name, size_t length, const char *wanted) { return strlen(wanted) == length &&
	!memcmp(name, wanted, length); }

/* A request's method and URL, and none of its headers, which have passwords. */
static void put_request(struct line *line, const uint8_t *bytes, size_t length)
{
	const char *between = "{";

	for (int i = 0; i < 2; i++) {
		size_t text = length >= 2 ? bytes[0] | (size_t)bytes[1] << 8 : length;

		if (length < 2 || text > length - 2)
			break;
		put(line, "%s", between);
		put_name(line, bytes + 2, text);
		between = ", ";
		bytes += 2 + text;
		length -= 2 + text;
	}
	put(line, *between == '{' ? "[%zu bytes]" : "}", length);
}

/* Bytes that say something beside their number. False: they don't. */
static bool put_bytes(struct line *line, const char *name, size_t length, const union call_arg *arg)
{
	const uint8_t *at = arg->bytes.at;

	if (is_named(name, length, "subscriptions"))
		put_subscriptions(line, at, arg->bytes.length);
	else if (at && is_named(name, length, "endpoint"))
		put_endpoint(line, at, arg->bytes.length);
	else if (at && (is_named(name, length, "name") || is_named(name, length, "server name")))
		put_name(line, at, arg->bytes.length);
	else if (at && is_named(name, length, "request"))
		put_request(line, at, arg->bytes.length);
	else
		return false;
	return true;
}

static void argument(struct line *line, char letter, const char *name, size_t length, const union call_arg *arg)
{
	for (size_t i = 0; i < sizeof worded / sizeof *worded; i++)
		if (is_named(name, length, worded[i].name)) {
			put_words(line, &worded[i], arg->n);
			return;
		}
	switch (letter) {
	case 'f':
		put_handle(line, arg->n);
		break;
	case 'h':
		put(line, "new ");
		put_handle(line, arg->n);
		break;
	case 'p':
		put_name(line, arg->bytes.at, arg->bytes.length);
		break;
	case 'b':
		if (!put_bytes(line, name, length, arg))
			put(line, "[%u bytes]", arg->bytes.length);
		break;
	default:
		if (is_named(name, length, "delta"))
			put(line, "%" PRId64, (int64_t)arg->n);
		else
			put(line, "%" PRIu64, arg->n);
	}
}

size_t call_text(const struct call *call, char *text, size_t size)
{
	struct line line = { text, size, 0 };
	const char *takes = call->row->takes, *name = names_of[call->row - syscalls];

	put(&line, "%s(", call->row->name);
	for (size_t i = 0; takes[i]; i++) {
		size_t length = strcspn(name, ",");

		if (i)
			put(&line, ", ");
		argument(&line, takes[i], name, length, &call->args[i]);
		name += length + strspn(name + length, ", ");
	}
	put(&line, ")");
	return line.length;
}

const char *errno_name(wasi_errno_t error)
{
	static _Thread_local char unknown[8];

	if (error < sizeof errnos / sizeof *errnos)
		return errnos[error];
	snprintf(unknown, sizeof unknown, "E%u", error);
	return unknown;
}

size_t call_text_result(const struct call *call, char *text, size_t size)
{
	struct line line = { text, size, 0 };
	const char *gives = call->row->gives;

	if (call->skipped) {
		put(&line, "= skipped");
	} else if (call->error) {
		put(&line, "= %s", errno_name(call->error));
	} else if (call->row->number == SYSCALL_sock_address) {
		put(&line, "= ");
		put_endpoint(&line, call->reply, call->reply_length);
	} else if (call->row->number == SYSCALL_sock_resolve) {
		put(&line, "= ");
		put_endpoints(&line, call->reply, call->reply_length);
	} else if (call->row->number == SYSCALL_sock_receive_from && call->reply_length >= 4) {
		uint32_t endpoint = codec_u32(call->reply), all = call->reply_length - 4;

		endpoint = endpoint < all ? endpoint : all;
		put(&line, "= [%u bytes], ", all - endpoint);
		put_endpoint(&line, call->reply + 4, endpoint);
	} else if (gives[0] == 'w' && call->reply_length >= 4) {
		uint32_t count;

		memcpy(&count, call->reply, sizeof count);
		put(&line, "= %u", count);
	} else if (gives[0] == 'q' && call->reply_length >= 8) {
		uint64_t value;

		memcpy(&value, call->reply, sizeof value);
		put(&line, "= %" PRIu64, value);
	} else if (gives[0] == 'b') {
		put(&line, "= [%u bytes]", call->reply_length);
	} else if (gives[0] == 'S' && call->reply_length >= sizeof(wasi_filestat_t)) {
		wasi_filestat_t stat;

		memcpy(&stat, call->reply, sizeof stat);
		put(&line, "= {type %u, size %" PRIu64 ", ino %" PRIu64 "}", stat.filetype, stat.size, stat.ino);
	} else {
		put(&line, "= 0");
	}
	return line.length;
}
