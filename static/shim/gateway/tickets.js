//# allFunctionsCalledOnLoad
/* How a page shows that it was admitted: the enter page put a secret into localStorage; the page exchanges it for tickets, and each ticket opens one
 * connection. A page without a secret goes to the enter page. Leaves to others: connections. */
import { GatewayLost, NotPaired } from "../base/errors.js";
import { enterUrl, ticketUrl } from "../base/urls.js";
import { fetchInTime } from "./link.js";

/** The name under which the enter page keeps the secret. */
export const SECRET_NAME = "wvwasi.secret";

function storage() {
	try {
		return globalThis.localStorage ?? null; // workers have none; a page may lack the permission
	} catch {
		return null;
	}
}

/* Was this page served by a gateway? Checked only if the page holds no secret: another server's page has none, and that server has no enter page to go to. */
async function checkServed() {
	if (new URL(enterUrl).origin !== location.origin || location.protocol === "file:")
		throw foreign(location.protocol === "file:" ? "this page was opened as a file" : `this page was served by ${location.host}, which isn't its gateway`);
	const { ok } = await fetchInTime(enterUrl, { method: "HEAD", cache: "no-store" }).catch(() => Promise.reject(unreachable()));
	if (!ok)
		throw foreign(`this page was served by ${location.host}, which is no wvwasi-gw`);
}

function foreign(why) {
	return new GatewayLost(`${why}, so no program can run in it: open the link that wvwasi-gw prints at its terminal`, { foreign: true });
}

function unreachable() {
	return new GatewayLost("the gateway can't be reached: is it still running?");
}

/** `count` fresh tickets, each good for one connection within 15 seconds. Rejects with NotPaired or GatewayLost. */
async function getTickets(count) {
	const store = storage();
	if (store === null)
		throw new NotPaired("a worker has no session of its own: give it { ticket }, a function that gives the page's getTicket()");
	const secret = store.getItem(SECRET_NAME);
	if (!secret) {
		await checkServed();
		throw new NotPaired();
	}
	let response;
	try {
		response = await fetchInTime(ticketUrl, {
			method: "POST",
			headers: { "Content-Type": "application/json", "Wvwasi-Secret": secret },
			body: JSON.stringify({ count }),
		});
	} catch {
		throw unreachable();
	}
	if (response.status === 401) {
		store.removeItem(SECRET_NAME);
		throw new NotPaired("this page's session has ended: open the link that the gateway printed at its terminal");
	}
	if ([404, 405, 501].includes(response.status))
		await checkServed(); // another server has the gateway's old address
	if (!response.ok)
		throw new GatewayLost(`the gateway gave no ticket: ${await response.text()}`, { code: response.status });
	return (await response.json()).tickets;
}

/** By which secret the page is admitted now; null: it isn't. */
export function admittedBy() {
	return storage()?.getItem(SECRET_NAME) || null;
}

/** Two, for connections that stand ready before a program is there. Rejects where nobody was admitted: the page isn't led anywhere for them. */
export async function standingTickets() {
	if (admittedBy() === null)
		throw new NotPaired();
	return getTickets(2);
}

/** One fresh ticket: for workers that the shim didn't start. */
export async function getTicket() {
	return (await getTickets(1))[0];
}

/** Leads the page to the enter page, which leads back here afterwards. */
function leadToEnter() {
	const { pathname, search, hash } = location;
	location.assign(`${enterUrl}#to=${encodeURIComponent(pathname + search + hash)}`);
}

/**
 * A source of tickets: (count) => Promise<string[]>. ticket: an app's function that gives one (or a promise); unpaired: "throw" lets
 * NotPaired through, else the page is led to the enter page and the promise stays open.
 * @param {import("../wvwasi.js").EntryOptions} [options]
 */
export function ticketSource({ ticket, unpaired = "enter" } = {}) {
	if (ticket !== undefined)
		return async count => {
			const tickets = [];
			while (tickets.length < count)
				tickets.push(await ticket()); // one after the other: an app may ask its page by messages that look alike
			return tickets;
		};
	return async count => {
		try {
			return await getTickets(count);
		} catch (error) {
			if (!(error instanceof NotPaired) || unpaired === "throw" || storage() === null)
				throw error;
			leadToEnter();
			return new Promise(() => {}); // the page is leaving
		}
	};
}
