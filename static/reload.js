/* With --reload the gateway adds this module to the app's HTML pages, as their last line, with the stamp of the moment at which it read the page. It
 * reloads the page when a file that was served has changed since. A page that isn't visible is reloaded when it becomes visible.
 *
 * An app that has something to save first, or that wants to choose the moment, listens on window for "wvwasi-reload" and calls preventDefault();
 * the event comes again with the next change. */
const AGAIN_MS = 1000; // while the gateway, or the page's file, isn't there
const here = new URL(import.meta.url);
const later = () => new Promise(resolve => setTimeout(resolve, AGAIN_MS));

async function visible() {
	while (document.hidden)
		await new Promise(resolve => document.addEventListener("visibilitychange", resolve, { once: true }));
}

/** Waits until the stamp isn't `stamp` any more, or the page is hidden. null: it can't be known now. */
async function stampAfter(stamp) {
	const hidden = new AbortController();
	const hide = () => hidden.abort();
	document.addEventListener("visibilitychange", hide);
	try {
		const response = await fetch(`${new URL("changes", here)}?${stamp}`, { cache: "no-store", signal: hidden.signal });
		return response.ok ? await response.text() : null;
	} catch {
		return null;
	} finally {
		document.removeEventListener("visibilitychange", hide);
	}
}

/* In the middle of a build it may not be there: the page stays, instead of a sentence that never reloads. */
const isServed = () => fetch(location.href, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);

async function watch() {
	for (let stamp = here.search.slice(1);;) {
		await visible();
		const now = await stampAfter(stamp);
		if (now === null || now === stamp || !await isServed()) {
			await later();
			continue;
		}
		stamp = now;
		if (window.dispatchEvent(new Event("wvwasi-reload", { cancelable: true })))
			location.reload();
	}
}

if (window === window.top)
	watch();
