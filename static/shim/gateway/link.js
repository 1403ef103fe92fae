//# allFunctionsCalledOnLoad
/* Notices that the network between a page and its gateway is down. A WebSocket doesn't report that for a quarter of an hour; so after some silence the page
 * sends a request, and waits a bounded time for its answer. Only for pages that came by TLS, from another machine: on this one no network lies between. */
import { GatewayLost } from "../base/errors.js";
import { enterUrl } from "../base/urls.js";

/** A dead link is noticed within the sum of both, or twice that where the browser slows the timers of a hidden page. */
const SILENCE_MS = 10_000, ANSWER_MS = 10_000;

/** @type {Set<(error: Error) => void>} who is told */
const watching = new Set();
let heardAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** A fetch whose answer's head comes in time, where a network lies between: else it rejects with GatewayLost. The body may take as long as it takes. */
export async function fetchInTime(url, options = {}) {
	if (!enterUrl.startsWith("https:"))
		return fetch(url, options);
	const controller = new AbortController(), late = setTimeout(() => controller.abort(), ANSWER_MS);
	try {
		options.signal?.addEventListener("abort", () => controller.abort(options.signal.reason), { signal: controller.signal });
		return await fetch(url, { ...options, signal: controller.signal });
	} catch (error) {
		options.signal?.throwIfAborted();
		throw controller.signal.aborted ? new GatewayLost(`the gateway hasn't answered for ${ANSWER_MS / 1000} s`) : error;
	} finally {
		clearTimeout(late);
	}
}

async function look() {
	const silence = performance.now() - heardAt;
	if (silence >= SILENCE_MS)
		try {
			await fetchInTime(enterUrl, { method: "HEAD", cache: "no-store" });
			heard();
		} catch {
			const error =
				new GatewayLost(`the gateway hasn't answered for ${Math.round((performance.now() - heardAt) / 1000)} s: the network between is down, or its machine is off`);
			for (const lose of [...watching])
				lose(error);
		}
	timer = watching.size ? setTimeout(look, SILENCE_MS) : undefined;
}

/** Something came from the gateway. */
export function heard() {
	heardAt = performance.now();
}

/** Calls lose(error) when the network is down. Gives a function that ends the watch. url: the WebSocket's. */
export function watchLink(url, lose) {
	if (!url.startsWith("wss:"))
		return () => {};
	heard();
	watching.add(lose);
	timer ??= setTimeout(look, SILENCE_MS);
	return () => void watching.delete(lose);
}
