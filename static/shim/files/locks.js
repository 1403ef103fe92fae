//# allFunctionsCalledOnLoad
/* The standard's locks of files, by the browser's Web Locks: they hold in all pages and workers of the origin, and end with the page. Programs and other
 * processes don't see them. An exclusive lock excludes all others, a shared one those of other kinds. */
import { domError } from "./errors.js";
import { isWithin } from "./names.js";

const PREFIX = "wvwasi-files:";
const TURN = "wvwasi-files";
export const EXCLUSIVE = "exclusive";

/** What engines without Web Locks get: locks of this page or worker alone. @type {Map<string, number>} */
const own = new Map();
/** Locks that are on their way to be free. @type {Set<Promise<unknown>>} */
const leaving = new Set();

const nameOf = (kind, path) => `${PREFIX}${kind}:${path}`;
const partsOf = name => {
	const [kind] = name.slice(PREFIX.length).split(":", 1);
	return { kind, path: name.slice(PREFIX.length + kind.length + 1) };
};

async function held() {
	if (!globalThis.navigator?.locks)
		return [...own.keys()].map(partsOf);
	await Promise.all(leaving);
	return (await navigator.locks.query()).held.map(({ name }) => name).filter(name => name.startsWith(PREFIX)).map(partsOf);
}

const locked = path => domError("NoModificationAllowedError", `'${path}' is open for writing, or is being moved or removed`);

/** Rejects with NoModificationAllowedError while the entry, or one below it, is locked. @param {string[]} paths */
export async function checkFree(...paths) {
	for (const { path } of await held())
		for (const asked of paths)
			if (isWithin(path, asked))
				throw locked(asked);
}

/**
 * Locks an entry; gives a function that ends the lock. Rejects with NoModificationAllowedError.
 * @param {string} path
 * @param {string} kind EXCLUSIVE, or a word of the caller's: who says the same shares
 */
export async function lock(path, kind) {
	const name = nameOf(kind, path);
	const check = async () => {
		for (const other of await held())
			if (other.path === path && (kind === EXCLUSIVE || other.kind !== kind))
				throw locked(path);
	};
	if (!globalThis.navigator?.locks) {
		await check();
		own.set(name, (own.get(name) ?? 0) + 1);
		return () => {
			own.set(name, own.get(name) - 1);
			if (own.get(name) === 0)
				own.delete(name);
		};
	}
	return navigator.locks.request(TURN, async () => {
		await check();
		return new Promise((resolve, reject) => {
			const gone = navigator.locks.request(name, { mode: "shared" }, () => new Promise(release => resolve(() => {
				release();
				leaving.add(gone);
			}))).then(() => leaving.delete(gone), reject);
		});
	});
}
