//# allFunctionsCalledOnLoad
/* The guest whose calls this room makes: one for each page and each worker, made at the first use, and again after the gateway was lost. A worker has no
 * session; it asks the pages of its origin that imported files.js for a ticket, unless the app gives it a function for that. */
import { Paths } from "../fs/paths.js";
import { ERRNO, WasiError } from "../base/errors.js";
import { domError } from "./errors.js";
import { isWithin } from "./names.js";

const CHANNEL = "wvwasi-files-tickets";
const TICKET_MS = 10_000;

/** wvwasi.js's, which this room's door gives: the two bundles share one. */
let gateway = null;
let options = {};
let opening = null, open = null;
/** () when what is granted has changed: picker.js's */
let onchange = null;
/** guest paths of what the last guest was granted @type {string[]} */
let known = [];
const IDLE_MS = 60_000;
/** Guest paths of folders that were granted and aren't any more: what is there now, in a folder around, is something else.
 * @type {Set<string>} */
const withdrawn = new Set();

/** The preopen that holds a guest path; null: none, or one that was withdrawn. @param {any} calls @param {string} path */
function preopenOf(calls, path) {
	let best = null;
	for (const preopen of calls.preopens)
		if (isWithin(path, preopen.path) && (best === null || preopen.path.length > best.path.length))
			best = preopen;
	return [...withdrawn].some(gone => isWithin(path, gone) && gone.length > (best?.path.length ?? 0)) ? null : best;
}

class GrantedPaths extends Paths {
	#calls;

	constructor(calls) {
		super(calls);
		this.#calls = calls;
	}

	async locate(path, call) {
		if (withdrawn.size && typeof path === "string" && preopenOf(this.#calls, path) === null)
			throw new WasiError(ERRNO.NOTCAPABLE, call, `'${path}' isn't granted any more`);
		return super.locate(path, call);
	}
}

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

/* A guest keeps what it was granted at its beginning. One that was followed by another is closed when nobody has used it for a minute. */
function retire(calls) {
	let wasIdle = false;
	const timer = setInterval(() => {
		if (wasIdle && calls.isIdle && !calls.lost)
			calls.close();
		wasIdle = calls.isIdle;
		if (calls.lost)
			clearInterval(timer);
	}, IDLE_MS);
	/** @type {any} */ (timer).unref?.(); // Node's, in tests
}

async function begin() {
	const calls = await gateway.connect({ ...entryOptions(), args: ["files"] });
	const now = calls.preopens.map(({ path }) => path);
	calls.control.ongrants = () => onchange?.();
	known.filter(path => !now.includes(path)).forEach(path => withdrawn.add(path));
	now.forEach(path => withdrawn.delete(path));
	known = now;
	return (open = { calls, paths: new GrantedPaths(calls) });
}

/** { calls: connect()'s, paths: of its folders }: of what is granted now. */
export async function guest() {
	if (open?.calls.control.grantsChanged && !open.calls.lost)
		retire(open.calls);
	if (open?.calls.lost || open?.calls.control.grantsChanged)
		opening = open = null;
	opening ??= begin();
	try {
		return await opening;
	} catch (error) {
		opening = null;
		throw error;
	}
}

/** The granted folder that holds a guest path: { path, readonly }, or null. @param {string} path */
export async function grantOf(path) {
	return preopenOf((await guest()).calls, path);
}

/* ASKED's verdicts, docs/PROTOCOL.md */
const REFUSALS = {
	1: ["AbortError", "the user said no"],
	2: ["NotAllowedError", "nobody can be asked: wvwasi-gw runs without a terminal or display. `wvwasi-gw grant DIR` grants a folder"],
	3: ["NotAllowedError", "the user is being asked already, or has said no ten times"],
};

/** May the user be asked (--ask)? */
export async function canAsk() {
	return (await guest()).calls.control.askable;
}

/**
 * Asks the user for a folder or file, where the gateway runs: gives its guest path. Rejects with AbortError: the user said no, or it was withdrawn by signal.
 * @param {{ wants?: "folder" | "file" | "save", writes?: boolean, signal?: AbortSignal }} how save: a file that may be new
 * @returns {Promise<string>}
 */
export async function askUser(how) {
	const answer = await (await guest()).calls.control.ask(how);
	if (answer?.verdict === 0)
		return answer.path;
	const [name, message] = REFUSALS[answer?.verdict] ?? ["AbortError", answer === null ? "the question was withdrawn" : "this gateway can't ask (--ask)"];
	throw domError(name, message);
}

/** @param {(() => void) | null} callback when what is granted has changed */
export function onGrantsChanged(callback) {
	onchange = callback;
}
