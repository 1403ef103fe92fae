// What somebody else does between two steps of a walk: the same for the same seed and step.
import path from "node:path";

import { dice, doAnything } from "../concurrent-changes.js";

const NAMES = ["a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/f", "l"];

export function change(folder, seed, step) {
	const chance = dice(seed * 1000 + step);
	for (let left = chance(4); left > 0; left--)
		doAnything((name) => path.join(folder, name), chance, () => NAMES[chance(NAMES.length)], ["a", "d", "d/a", "missing", "l", "."]);
}
