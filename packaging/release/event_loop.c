/* In a release: libwebsockets' event loop for libuv, linked like any library. libwebsockets itself looks for it as a plugin, in
 * the folder that Debian compiled in: a release has nothing there, and what lies there may be another version's. An executable's
 * symbols go before those of its libraries, so that libwebsockets calls these two in place of its own. */
#include <libwebsockets.h>
#include <string.h>

extern const lws_plugin_evlib_t evlib_uv; /* of libwebsockets-evlib_uv.so */

int lws_plugins_init(struct lws_plugin **plugins, const char *const *folders, const char *kind, const char *name,
	each_plugin_cb_t each, void *user)
{
	static struct lws_plugin event_loop = { .hdr = &evlib_uv.hdr };

	if (strcmp(kind, "lws_evlib_plugin") != 0 || !name || strcmp(name, "evlib_uv") != 0)
		return 1;
	*plugins = &event_loop;
	return 0;
}

int lws_plugins_destroy(struct lws_plugin **plugins, each_plugin_cb_t each, void *user)
{
	*plugins = NULL;
	return 0;
}
