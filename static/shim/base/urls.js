//# allFunctionsCalledOnLoad
/* Where the gateway's own URLs are: on the page's origin, wherever a bundler has put this module. A frame without an origin has this module's. */

const origin = globalThis.location?.origin ?? "null";
const base = new URL("/_wvwasi/", origin === "null" ? import.meta.url : origin);

export const callUrl = new URL("call", base).href;
export const bytesUrl = new URL("bytes", base).href;
export const ticketUrl = new URL("ticket", base).href;
/** The gateway's own program. */
export const programUrl = new URL("program.wasm", base).href;
export const enterUrl = new URL("enter", base).href;

/** ws: or wss:, as the page came. */
export function socketUrl() {
	const url = new URL("ws", base);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return url.href;
}
