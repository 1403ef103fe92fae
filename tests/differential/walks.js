// How long random walks over trees go on, and where they begin: nobody chose the seeds, and they are printed.
import { randomInt } from "node:crypto";

const SEEDS = 1_000_000_000;

/** Of all walks of one test, at least one walk. */
export const seconds = Number(process.env.WALK_SECONDS ?? 40);
/** Of one walk. */
export const operations = Number(process.env.WALK_OPERATIONS ?? 1500);
/** Of the first walk; the next ones follow it. */
export const firstSeed = Number(process.env.SEED ?? randomInt(SEEDS));
