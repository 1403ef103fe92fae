#include "policy.h"

#include <stdio.h>

#include "client.h"
#include "server/base/config.h"
#include "server/base/gateway.h"

/* Our own pages run our own scripts and nothing else; 'wasm-unsafe-eval' is WebAssembly. */
#define PAGE_POLICY "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'%s; img-src 'self' data: blob:; " \
	"font-src 'self'; connect-src 'self' %s://%s; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; " \
	"%s"
#define NO_FRAMES "frame-ancestors 'none'"
#define OWN_FRAMES "frame-src 'self'; frame-ancestors 'self'"

/* The debugger's page shows text of programs and pages, and can control programs: no text may become a script there. Recorded
 * programs run there in a worker, which has our imports alone; "wvwasi" makes the one trusted URL, the worker's. */
#define DEBUG_POLICY "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " \
	"style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' %s://%s; base-uri 'none'; form-action 'none'; " \
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types wvwasi"

size_t policy_write(const struct http_conn *conn, const struct reply *reply, char *to, size_t size)
{
	static const char *const embedder[] = { [ISOLATION_REQUIRE_CORP] = "require-corp",
		[ISOLATION_CREDENTIALLESS] = "credentialless" };
	const struct client *client = client_of(conn);
	int isolation = conn->gateway->config->isolation;
	size_t at = 0;

#define PUT(...) at += (size_t)snprintf(to + at, size - at, __VA_ARGS__)
	/* from another machine app and debugger are one site, so this asks the browser for separate processes */
	if (client->for_debugger)
		PUT("Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\nOrigin-Agent-Cluster: ?1\r\n"
		    "Content-Security-Policy: " DEBUG_POLICY "\r\nX-Frame-Options: DENY\r\n", conn->tls ? "wss" : "ws", client->host);
	else if (isolation != ISOLATION_OFF)
		PUT("Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: %s\r\n", embedder[isolation]);
	PUT("Cross-Origin-Resource-Policy: same-origin\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
	if (reply->is_page && !client->for_debugger)
		PUT("Content-Security-Policy: " PAGE_POLICY "\r\nX-Frame-Options: %s\r\n",
		    reply->makes_styles ? " 'unsafe-inline'" : "", conn->tls ? "wss" : "ws", client->host,
		    reply->frames_itself ? OWN_FRAMES : NO_FRAMES, reply->frames_itself ? "SAMEORIGIN" : "DENY");
	else if (reply->is_app)
		PUT("Content-Security-Policy: frame-ancestors 'self'\r\n");
#undef PUT
	return at;
}
