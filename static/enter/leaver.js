/* A service worker that ends itself. Another program may have had this port before and left a worker, which answers for us now; browsers ask
 * the port for a newer one behind its back, and are given this, wherever the app has no worker of its own. */
let replaces = false; // an app that asks for a worker which it hasn't must not be loaded again and again

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
	// What they show is the old worker's. Another query: to differ in the fragment alone would load nothing.
	await Promise.allSettled(pages.map(page => {
		const url = new URL(page.url);
		if (url.searchParams.has("fresh")) // once; it may go on asking for two workers in turn
			return null;
		url.searchParams.set("fresh", Date.now());
		return page.navigate(url.href);
	}));
})()));
