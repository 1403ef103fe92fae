// How many steps of a run are under way at a time. Leaves to others: what they are (parts/), and running one (step.js).

/**
 * Runs all: so many at a time and, where that is more than one, another beside them: of those that say `waits`, since they leave their processor to the others.
 * @template {{ waits?: boolean }} S
 * @param {S[]} steps in their order; it is emptied
 * @param {number} atOnce
 * @param {(step: S) => Promise<void>} run
 */
export async function runBeside(steps, atOnce, run) {
	const take = (waits) => steps.splice(steps.findIndex((step) => Boolean(step.waits) === waits) >>> 0, 1)[0]; // -1 >>> 0 is beyond the end
	const lane = async (next) => {
		for (let step; (step = next());)
			await run(step);
	};
	const others = Array.from({ length: atOnce }, () => lane(() => (atOnce === 1 ? steps.shift() : take(false) ?? take(true))));
	await Promise.all([...others, ...atOnce > 1 ? [lane(() => take(true))] : []]);
}
