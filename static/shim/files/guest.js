//# allFunctionsCalledOnLoad
/* The guest whose calls this room makes: one for each page and each worker, made at the first use, and again after the gateway was lost. A worker has no
 * session; it asks the pages of its origin that imported files.js for a ticket, unless the app gives it a function for that. */
import { Paths } from "../fs/paths.js";

const CHANNEL = "wvwasi-files-tickets";
const TICKET_MS = 10_000;

/** wvwasi.js's, which this room's door gives: the two bundles share one. */
let gateway = null;
let options = {};
let opening = null, open = null;

/** @param {{ connect: Function, getTicket: Function, NotPaired: any }} given */
export function setGateway(given) {
	const first = gateway === null;
	gateway = given;
	if (first && typeof document !== "undefined" && typeof BroadcastChannel === "function")
		giveTickets();
}

/**
 * ticket: as in connect()'s options; for tests also url, Socket and preopens.
 * @param {{ ticket?: () => string | Promise<string>, [name: string]: any }} given
 */
export function configure(given) {
	options = given;
}

/* Of this origin alone, whose scripts could read the page's secret as well. */
function giveTickets() {
	const channel = new BroadcastChannel(CHANNEL);
	channel.onmessage = async ({ data: { wants } }) => {
		if (wants)
			channel.postMessage({ to: wants, ticket: await gateway.getTicket().catch(() => null) });
	};
}

function askForTicket() {
	const wants = String(crypto.getRandomValues(new Uint32Array(2)));
	const channel = new BroadcastChannel(CHANNEL);
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new gateway.NotPaired(
			"no page of this app gave the worker a ticket: a page has to import /_wvwasi/files.js, or the worker to call configure({ ticket })")), TICKET_MS);
		channel.onmessage = ({ data: { to, ticket } }) => {
			if (to !== wants || ticket === null)
				return;
			clearTimeout(timer);
			resolve(ticket);
		};
		channel.postMessage({ wants });
	}).finally(() => channel.close());
}

/** EntryOptions of a connection from here. */
export function entryOptions() {
	return typeof document === "undefined" && options.ticket === undefined && typeof BroadcastChannel === "function"
		? { ...options, ticket: askForTicket } : options;
}

/** { calls: connect()'s, paths: of its folders } */
export async function guest() {
	if (open?.calls.lost)
		opening = open = null;
	opening ??= gateway.connect({ ...entryOptions(), args: ["files"] }).then(calls => (open = { calls, paths: new Paths(calls) }));
	try {
		return await opening;
	} catch (error) {
		opening = null;
		throw error;
	}
}

/** The granted folder that holds a guest path: { path, readonly }, or null. @param {string} path */
export async function grantOf(path) {
	const { calls } = await guest();
	let best = null;
	for (const preopen of calls.preopens)
		if ((preopen.path === "/" || path === preopen.path || path.startsWith(`${preopen.path}/`)) && (best === null || preopen.path.length > best.path.length))
			best = preopen;
	return best;
}
