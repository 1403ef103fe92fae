// Somebody else who works on the same files: anything that a process may do to them, by chance, and the same for the same dice.
import fs from "node:fs";

/** @param {number} seed @returns {(below: number) => number} */
export function dice(seed) {
	let state = BigInt(seed) * 0x9E3779B97F4A7C15n + 1n;
	return (below) => {
		state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
		return Number((state >> 33n) % BigInt(below));
	};
}

/**
 * One change.
 * @param {(name: string) => string} at where a name is
 * @param {(below: number) => number} chance
 * @param {() => string} name any of the names that matter
 * @param {string[]} targets of links
 * @returns {string} what it was, and what became of it
 */
export function doAnything(at, chance, name, targets) {
	const pick = (list) => list[chance(list.length)];
	const one = name(), two = name();
	const acts = {
		write: () => fs.writeFileSync(at(one), String(chance(1e6))),
		append: () => fs.appendFileSync(at(one), `+${chance(100)}`),
		cut: () => fs.truncateSync(at(one), chance(3)),
		remove: () => fs.unlinkSync(at(one)),
		clear: () => fs.rmSync(at(one), { recursive: true }),
		folder: () => fs.mkdirSync(at(one)),
		rename: () => fs.renameSync(at(one), at(two)),
		link: () => fs.linkSync(at(one), at(two)),
		symlink: () => fs.symlinkSync(pick(targets), at(one)),
		times: () => fs.utimesSync(at(one), chance(1000), chance(1000)),
		mode: () => fs.chmodSync(at(one), pick([0o600, 0o644, 0o755])),
	};
	const what = pick(Object.keys(acts));
	try {
		acts[what]();
		return `${what} ${one} ${two}`;
	} catch (error) {
		return `${what} ${one} ${two}: ${error.code}`;
	}
}
