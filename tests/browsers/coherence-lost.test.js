// That the coherence tests can fail: on a wire on which breaks get lost they do, and without nudges a program that only looks sees nothing new.
import assert from "node:assert/strict";

import { linkTo } from "../gateway/gateway.js";
import { FRAME } from "../gateway/client.js";
import { after, describe, test } from "../testing.js";
import { changes, looking } from "./coherence.js";
import { House } from "./house.js";
import { losing } from "./losing.js";
import { startProxy } from "./proxy.js";

const house = await House.open("chromium");
after(() => house.close());

/** The house, seen through a wire that loses these frames. */
async function through(types, use) {
	const proxy = await startProxy(house.gateway.ready.port, losing(types));
	const direct = house.page;
	house.page = await house.engine.open(linkTo((await house.gateway.link()).replace(`:${house.gateway.ready.port}`, `:${proxy.port}`), "/suite.html"));
	try {
		await house.page.waitFor(() => window.suite !== undefined);
		return await use();
	} finally {
		await house.page.close();
		house.page = direct;
		proxy.close();
	}
}

const all = process.env.WVWASI_TEST === "all";
for (const wait of all ? ["jspi", "shared"] : ["jspi"])
	describe(`chromium, ${wait}`, () => {
		const way = { wait, coherence: "default" };

		test("when nothing is lost on the wire, all is seen", () => through([], async () => {
			await changes(house, way, ["edits", "deletes"]);
			assert.equal(await looking(house, way, 20), "looking\nseen\n");
		}));

		test("without breaks the test fails, whatever another process does", () => through([FRAME.BREAK], async () => {
			for (const change of ["edits", "replaces by rename", "creates", ...(all ? ["deletes", "makes another name", "renames a parent", "sets times"] : [])])
				await assert.rejects(changes(house, way, [change]), { name: "AssertionError", message: new RegExp(`^${change}($|\\n)`) });
		}));

		test("without nudges a program that only looks sees nothing new", () => through([FRAME.BROKEN],
			async () => assert.equal(await looking(house, way, 1), "looking\nnot seen\n")));
	});
