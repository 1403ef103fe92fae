// files.js in Node, against the real gateway and its disk: how often it waits, and that no failed write passes for a good one. What it promises to pages:
// tests/browsers/files.test.js.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import fs from "node:fs";

import WebSocket from "ws";

import { connect } from "../../static/shim/calls.js";
import { after, test } from "../testing.js";
import { openFixture } from "./call-fixture.js";

globalThis.File ??= File; // every browser has it, Node 18 doesn't
const { configure, getDirectoryHandle, setGateway } = await import("../../static/shim/files/index.js");

const fixture = await openFixture(["--limit", "scratch=1M"]);
after(() => fixture.close());
const { origin } = fixture.session;
let sent = 0;

class FromTheApp extends WebSocket {
	constructor(url, protocols) {
		super(url, protocols, { origin, perMessageDeflate: false });
	}

	send(...args) {
		sent++;
		super.send(...args);
	}
}
let calls;
setGateway({ connect: async (options) => (calls = await connect(options)) });
configure({ ticket: async () => (await fixture.session.tickets())[0], url: `${origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket: FromTheApp,
	preopens: { "/work": "/", "/tmp": "/tmp" } });
const work = await getDirectoryHandle("/work");
after(() => calls.close());

/** How many messages work() sent. */
async function messages(run) {
	const before = sent;
	await run();
	return sent - before;
}

test("a listing of 10,000 entries is one wait, and a message that closes", async () => {
	fs.mkdirSync(fixture.at("many"));
	for (let i = 0; i < 10_000; i++)
		fs.writeFileSync(fixture.at(`many/an-entry-${i}`), "");
	const folder = await work.getDirectoryHandle("many");
	let count = 0;
	assert.ok(await messages(async () => {
		for await (const name of folder.keys())
			count += name.startsWith("an-entry-") ? 1 : 0;
	}) <= 2);
	assert.equal(count, 10_000);
});

test("a small file is looked at and read in one wait", async () => {
	fs.mkdirSync(fixture.at("small"));
	for (let i = 0; i < 1000; i++)
		fs.writeFileSync(fixture.at(`small/${i}`), `the text of ${i}`);
	const folder = await work.getDirectoryHandle("small");
	const texts = [];
	const count = await messages(async () => {
		for await (const handle of folder.values())
			texts.push(await (await handle.getFile()).text());
	});
	assert.equal(new Set(texts).size, 1000);
	assert.ok(texts.every((text) => text.startsWith("the text of ")));
	assert.ok(count <= 1002, `${count} messages`);
});

test("a large file comes in pieces of 512 KiB", async () => {
	fs.writeFileSync(fixture.at("large"), Buffer.alloc(64 << 20, 7));
	let bytes = 0;
	const count = await messages(async () => {
		for (const reader = (await (await work.getFileHandle("large")).getFile()).stream().getReader(); ;) {
			const { done, value } = await reader.read();
			if (done)
				break;
			bytes += value.length;
		}
	});
	assert.equal(bytes, 64 << 20);
	assert.ok(count <= 128 + 8, `${count} messages`);
});

for (const [what, options, write] of [
	["write", {}, (stream) => stream.write(new Uint8Array(4 << 20))], ["truncate", {}, (stream) => stream.truncate(4 << 20)],
	["a stream piped to it", {}, (stream) => new Blob([new Uint8Array(4 << 20)]).stream().pipeTo(stream)],
])
	test(`no room: ${what} rejects with QuotaExceededError, the file stays as it was, and nothing lies beside it`, async () => {
		const folder = await getDirectoryHandle("/tmp");
		const handle = await folder.getFileHandle("f", { create: true });
		const first = await handle.createWritable();
		await first.write("kept");
		await first.close();
		await assert.rejects(write(await handle.createWritable(options)), { name: "QuotaExceededError" });
		assert.equal(await (await handle.getFile()).text(), "kept");
		assert.deepEqual(await calls.fs.readdir("/tmp"), ["f"]);
	});
