#include "mime.h"

#include <string.h>
#include <strings.h>

#define TEXT(kind) kind "; charset=utf-8"

static const struct { const char *end, *type; } types[] = {
	{ "html", TEXT("text/html") }, { "htm", TEXT("text/html") }, { "css", TEXT("text/css") }, { "js", TEXT("text/javascript") },
	{ "mjs", TEXT("text/javascript") }, { "cjs", TEXT("text/javascript") }, { "ts", TEXT("text/plain") },
	{ "map", TEXT("application/json") },
	{ "json", TEXT("application/json") }, { "webmanifest", TEXT("application/manifest+json") }, { "wasm", "application/wasm" },
	{ "txt", TEXT("text/plain") }, { "md", TEXT("text/plain") }, { "csv", TEXT("text/csv") }, { "xml", TEXT("text/xml") },
	{ "c", TEXT("text/plain") }, { "h", TEXT("text/plain") }, { "py", TEXT("text/plain") }, { "log", TEXT("text/plain") },
	{ "svg", TEXT("image/svg+xml") }, { "png", "image/png" }, { "jpg", "image/jpeg" }, { "jpeg", "image/jpeg" },
	{ "gif", "image/gif" },
	{ "webp", "image/webp" }, { "avif", "image/avif" }, { "ico", "image/x-icon" }, { "bmp", "image/bmp" },
	{ "woff", "font/woff" }, { "woff2", "font/woff2" }, { "ttf", "font/ttf" }, { "otf", "font/otf" },
	{ "mp3", "audio/mpeg" }, { "ogg", "audio/ogg" }, { "wav", "audio/wav" }, { "flac", "audio/flac" }, { "m4a", "audio/mp4" },
	{ "mp4", "video/mp4" }, { "webm", "video/webm" }, { "mov", "video/quicktime" },
	{ "pdf", "application/pdf" }, { "zip", "application/zip" }, { "gz", "application/gzip" }, { "tar", "application/x-tar" },
	{ "glb", "model/gltf-binary" }, { "gltf", "model/gltf+json" },
};

const char *mime_of(const char *name)
{
	const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');

	for (unsigned i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (!strcasecmp(dot + 1, types[i].end))
			return types[i].type;
	return "application/octet-stream";
}
