/* A service worker that ends itself. Another program may have had this port before and left a worker, which answers for us now; browsers ask
 * the port for a newer one behind its back, and are given this, wherever the app has no worker of its own. */
let replaces = false; // an app that asks for a worker which doesn't exist must not be reloaded for ever

addEventListener("install", () => {
	replaces = Boolean(registration.active);
	skipWaiting();
});

addEventListener("activate", event => event.waitUntil((async () => {
	if (!replaces) {
		await registration.unregister();
		return;
	}
	await clients.claim();
	const pages = await clients.matchAll({ type: "window" });
	await registration.unregister();
	// Pages show the old worker's content. The new query makes them load; a new fragment alone wouldn't.
	await Promise.allSettled(pages.map(page => {
		const url = new URL(page.url);
		if (url.searchParams.has("fresh")) // once, because an app may ask for two workers by turns
			return null;
		url.searchParams.set("fresh", Date.now());
		return page.navigate(url.href);
	}));
})()));
