// That the coherence tests can fail: on a wire on which breaks get lost they do, and without wakeups a program that only looks sees nothing new.
import assert from "node:assert/strict";

import { linkTo } from "../gateway/gateway.js";
import { FRAME } from "../gateway/client.js";
import { after, describe, test } from "../testing.js";
import { changes, looking } from "./coherence.js";
import { Fixture } from "./fixture.js";
import { losing } from "./frame-loss.js";
import { startProxy } from "./proxy.js";

const fixture = await Fixture.open("chromium");
after(() => fixture.close());

/** The fixture, seen through a wire that loses these frames. */
async function through(types, use) {
	const proxy = await startProxy(fixture.gateway.ready.port, losing(types));
	const direct = fixture.page;
	fixture.page = await fixture.engine.open(linkTo((await fixture.gateway.link()).replace(`:${fixture.gateway.ready.port}`, `:${proxy.port}`), "/suite.html"));
	try {
		await fixture.page.waitFor(() => window.suite !== undefined);
		return await use();
	} finally {
		await fixture.page.close();
		fixture.page = direct;
		proxy.close();
	}
}

const all = process.env.WVWASI_TEST === "all";
for (const wait of all ? ["jspi", "shared"] : ["jspi"])
	describe(`chromium, ${wait}`, () => {
		const way = { wait, coherence: "default" };

		test("when nothing is lost on the wire, all is seen", () => through([], async () => {
			await changes(fixture, way, ["edits", "deletes"]);
			assert.equal(await looking(fixture, way, 20), "looking\nseen\n");
		}));

		test("without breaks the test fails, whatever another process does", () => through([FRAME.BREAK], async () => {
			for (const change of ["edits", "replaces by rename", "creates",
					...(all ? ["deletes", "makes another name", "renames a parent", "sets times"] : [])])
				await assert.rejects(changes(fixture, way, [change]), { name: "AssertionError", message: new RegExp(`^${change}($|\\n)`) });
		}));

		test("without wakeups a program that only looks sees nothing new", () => through([FRAME.BROKEN],
			async () => assert.equal(await looking(fixture, way, 1), "looking\nnot seen\n")));
	});
