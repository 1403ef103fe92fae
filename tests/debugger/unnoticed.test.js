// A program doesn't notice who looks on: random walks through the calls about files come out as in strict with nobody there, whatever a debugger
// does meanwhile. WALKS, STEPS: how much; SEED: where to begin.
import assert from "node:assert/strict";

import { waysOf } from "../engines/index.js";
import { here, prepare } from "../differential/hosts.js";
import { test } from "../testing.js";

const first = Number(process.env.SEED ?? 1), walks = Number(process.env.WALKS ?? 12), steps = Number(process.env.STEPS ?? 100);
const all = process.env.WVWASI_TEST === "all";
const LEAST_MS = 300_000;

prepare();
const strict = await here(first, walks, steps, ["--coherence", "strict"]);

for (const engine of ["chromium", "firefox", "webkit"])
	for (const wait of waysOf[engine])
		for (const kind of all ? ["watch", "data", "control", "random"] : engine === "chromium" ? ["watch", "data", "random"] : ["random"])
			test(`${engine}, ${wait}: a walk beside a debugger (${kind}) is as in strict`, { timeout: LEAST_MS }, async () => {
				const part = wait === "xhr" && !all ? Math.ceil(walks / 3) : walks;
				const watched = await here(first, part, steps, ["--engine", engine, "--wait", wait],
					{ WVWASI_TEST_DEBUGGER: kind, WVWASI_SEED: String(first) });
				assert.equal(watched.steps.size, part * steps);
				for (const [key, step] of watched.steps)
					assert.deepEqual(step, strict.steps.get(key));
				for (const [seed, tree] of watched.trees)
					assert.equal(tree, strict.trees.get(seed), `what walk ${seed} left behind`);
			});
