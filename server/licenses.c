#include "licenses.h"

#include <string.h>

#include "server/http/embedded.h"

/* Libraries beside the program. */
static const char linked[] =
	"wvwasi-gw " WVWASI_VERSION ", MIT licence.\n\n"
	"It is linked with these libraries, which it doesn't contain. Their licences are in /usr/share/doc/PACKAGE/copyright\n"
	"on Debian, and in share/doc/wvwasi-gw/licenses/ of a release, which brings the libraries along:\n"
	"  libwebsockets   MIT            libwebsockets17\n"
	"  libuv           MIT            libuv1\n"
	"  cJSON           MIT            libcjson1\n"
	"  mbed TLS        Apache-2.0     libmbedtls14\n"
	"  qrencode        LGPL-2.1       libqrencode4\n"
	"  libseccomp      LGPL-2.1       libseccomp2\n"
	"  OpenSSL         Apache-2.0     libssl3\n"
	"  libdeflate      MIT            libdeflate0\n"
	"  libcurl         curl           libcurl4 (loaded with --net)\n";

void licenses_print(FILE *to)
{
	fputs(linked, to);
	/* What is served from inside brings its licence along as a file of that name. */
	for (size_t i = 0; i < embedded_count; i++) {
		const char *name = strrchr(embedded_files[i].name, '/');

		if (strncmp(name ? name + 1 : embedded_files[i].name, "LICENSE", 7))
			continue;
		fprintf(to, "\n---- inside: %s ----\n\n", embedded_files[i].name);
		fwrite(embedded_files[i].bytes, 1, embedded_files[i].size, to);
	}
}
