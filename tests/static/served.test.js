// A socket's bytes by responses (net/served.js): in order, and no error passes for an end.
import assert from "node:assert/strict";

import { Served } from "../../static/shim/net/served.js";
import { after, test } from "../testing.js";

const WIRE = { key: "K", handle: 7 };
const own = globalThis.fetch;
after(() => (globalThis.fetch = own));

/* Answers requests one after the other: a status, pieces for a body of 200, or an Error. Gives what was asked. */
function answering(...answers) {
	const asked = [];
	globalThis.fetch = async (url, { headers }) => {
		asked.push([new URL(url).search, headers.Range]);
		const answer = answers.shift();
		if (answer instanceof Error)
			throw answer;
		return typeof answer === "number" ? new Response(null, { status: answer }) : new Response(answer, { status: 200 });
	};
	return asked;
}

/* A body of these pieces, each read when it is wanted; an Error breaks it off. pulled: resolves when all were read. */
function bodyOf(...pieces) {
	let all;
	const pulled = new Promise((resolve) => (all = resolve));
	const body = new ReadableStream({ pull(controller) {
		const piece = pieces.shift();
		if (piece instanceof Error)
			controller.error(piece);
		else if (piece === undefined)
			controller.close();
		else
			controller.enqueue(Uint8Array.of(piece));
		if (pieces.length === 0)
			all();
	} }, { highWaterMark: 0 });
	return { body, pulled };
}
const begin = (at = 0) => Served.begin(WIRE, at, new AbortController());

test("a response gives its bytes in order, then null", async () => {
	const asked = answering(bodyOf(1, 2, 3).body), served = await begin(9), got = [];
	for (let piece; (piece = await served.next()) !== null;)
		got.push(...piece);
	assert.deepEqual([asked, got, served.isFull], [[["?7", "bytes=9-"]], [1, 2, 3], false]);
});

test("where calls are wanted there is none, and one that was lost is asked for again: the gateway knows whether bytes were lost with it", async () => {
	answering(409);
	assert.equal(await begin(), null);
	answering(new TypeError("network"), bodyOf(5).body);
	assert.deepEqual([...await (await begin()).next()], [5]);
	answering(new TypeError("network"), 409);
	await assert.rejects(begin(), /was lost/);
});

test("a response that breaks off is an error, behind what came", async () => {
	answering(bodyOf(1, new Error("broken")).body);
	const served = await begin();
	assert.deepEqual([...await served.next()], [1]);
	await assert.rejects(served.next(), /broken/);
	await assert.rejects(served.next(), /broken/);
});

test("while its reader pauses the rest is read, so that the connection is free, and kept in order", async () => {
	for (const last of [4, new Error("broken")]) {
		const { body, pulled } = bodyOf(1, 2, 3, last);
		answering(body);
		const served = await begin(), got = [...await served.next()];
		await pulled;
		for (let i = 0; i < 2; i++)
			got.push(...await served.next());
		assert.deepEqual(got, [1, 2, 3]);
		if (last instanceof Error)
			await assert.rejects(served.next(), /broken/);
		else
			assert.deepEqual([...await served.next(), await served.next()], [4, null]);
	}
});
