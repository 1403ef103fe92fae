// Requests of a page that wait for their turn (static/shim/net/turns.js).
import assert from "node:assert/strict";

import { Turns } from "../../static/shim/net/turns.js";
import { test } from "../testing.js";

test("turns come in the order of their requests, and whoever gives up takes none", async () => {
	const turns = new Turns(2), order = [], abort = new AbortController();
	await Promise.all([turns.begin(null), turns.begin(null)]);
	const waiting = [1, 2, 3].map((i) => turns.begin(i === 2 ? abort.signal : null).then(() => order.push(i)));
	abort.abort(new Error("never mind"));
	await assert.rejects(waiting[1], /never mind/);
	turns.end();
	await waiting[0];
	turns.end();
	await waiting[2];
	assert.deepEqual(order, [1, 3]);
	turns.end();
	turns.end();
	await Promise.all([turns.begin(null), turns.begin(null)]);
});

test("who waits while none ends is told so, and holds up no other", async () => {
	const turns = new Turns(1, 20);
	await turns.begin(null);
	await assert.rejects(turns.begin(null), { name: "TypeError", message: /1 requests are open, and none has ended for 0.02 s/ });
	const next = turns.begin(null);
	turns.end();
	await next;
});
