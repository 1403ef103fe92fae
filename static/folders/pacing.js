/* Long work in pieces, between which the page can draw and take keys. */
const PIECE_MS = 8;
const SORTED_AT_ONCE = 1024;

/** @returns {() => Promise<void> | undefined} to be called, and waited for, now and then: it gives others a turn once a piece has taken long enough */
export function pacer() {
	let began = performance.now();
	return () => {
		if (performance.now() - began < PIECE_MS)
			return undefined;
		return new Promise(resolve => setTimeout(() => {
			began = performance.now();
			resolve();
		}));
	};
}

/**
 * As all.sort(order).
 * @template T
 * @param {T[]} all
 * @param {(one: T, other: T) => number} order
 * @returns {Promise<T[]>}
 */
export async function sorted(all, order) {
	const pace = pacer();
	let runs = [];
	for (let at = 0; at < all.length; at += SORTED_AT_ONCE) {
		runs.push(all.slice(at, at + SORTED_AT_ONCE).sort(order));
		await pace();
	}
	while (runs.length > 1) {
		const merged = [];
		for (let i = 0; i < runs.length; i += 2) {
			merged.push(i + 1 < runs.length ? merge(runs[i], runs[i + 1], order) : runs[i]);
			await pace();
		}
		runs = merged;
	}
	return runs[0] ?? [];
}

function merge(one, other, order) {
	const merged = [];
	let i = 0, j = 0;
	while (i < one.length && j < other.length)
		merged.push(order(one[i], other[j]) <= 0 ? one[i++] : other[j++]);
	return [...merged, ...one.slice(i), ...other.slice(j)];
}
