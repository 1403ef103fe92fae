//# allFunctionsCalledOnLoad
/* Where the gateway's own URLs are: beside this folder. */

const base = new URL("../../", import.meta.url); // …/_wvwasi/

export const callUrl = new URL("call", base).href;
export const ticketUrl = new URL("ticket", base).href;
export const enterUrl = new URL("enter", base).href;

/** ws: or wss:, as the page came. */
export function socketUrl() {
	const url = new URL("ws", base);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return url.href;
}
