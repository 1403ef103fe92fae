// The one suite, in one engine: everything in each way to wait that it has, the rest once.
import assert from "node:assert/strict";

import { waysOf } from "../engines/index.js";
import { api, calls } from "./api.js";
import { ends } from "./ends.js";
import { guests } from "./guests.js";
import { Fixture } from "./fixture.js";
import { input } from "./input.js";
import { python } from "./python.js";
import { refusals } from "./refusals.js";
import { SYSCALLS } from "../../static/shim/base/syscalls.js";
import { after, describe, test } from "../testing.js";

const all = process.env.WVWASI_TEST === "all";
/** `jspi/strict`: only this one, for work on it. */
const only = process.env.WVWASI_WAY?.split("/");

/**
 * @param {string} engineName
 * @param {{ waits?: string[], strict?: "whole" | "guests", strictIn?: string[], trap?: "whole" | "guests" }} options how much of the suite runs in the
 *        coherences beside "default", strict in these ways to wait; the guests are what a coherence could break
 */
export async function suite(engineName, { waits = waysOf[engineName], strict, strictIn = waits, trap } = {}) {
	// Not in before(): what fails there is reported as "cancelled", without its reason.
	const fixture = await Fixture.open(engineName);
	after(() => fixture.close());
	const the = () => fixture;
	const parts = all ? { default: "whole", strict: "whole", trap: "whole" } : { default: "whole", strict, trap };

	if (!only)
		describe(`${engineName}: whatever the way to wait`, () => {
			calls(the);
			refusals(the);
			test("waits that the engine has: chosen well by itself", async () => {
				const { wait } = await fixture.run({ file: "guests/ends.wasm", args: ["ends", "return", "0"], preopens: [] });
				assert.equal(wait, waysOf[engineName][0]);
			});
		});
	for (const wait of waits)
		for (const [coherence, part] of Object.entries(parts)) {
			if (only ? only[0] !== wait || (only[1] ?? "default") !== coherence : !part || coherence === "strict" && !all && !strictIn.includes(wait))
				continue;
			describe(`${engineName}, ${wait}, ${coherence}`, () => {
				const way = { wait, coherence };
				guests(the, way);
				if (part === "guests" && !only)
					return;
				ends(the, way);
				input(the, way);
				api(the, way);
				python(the, way);
				test("each of preview1's 46 calls was made by a program", () => {
					const all = SYSCALLS.filter(({ number }) => number < 0x8000).map(({ name }) => name);
					assert.equal(all.length, 46);
					assert.deepEqual(all.filter((name) => !fixture.made.has(name)), []);
					fixture.made.clear();
				});
			});
		}
	test(`${engineName}: no page complained`, async () => {
		// What the suite provokes itself: missing files, refused modules, and Firefox's word for a worker that was ended in mid-wasm.
		const provoked = /Failed to load resource|status of 4|is not a WebAssembly module|is a component|uncaught exception: undefined/;
		const complaints = (await fixture.page.messages()).filter(({ type, text }) => type === "error" && !provoked.test(text));
		assert.deepEqual(complaints, []);
	});
}
