// docs/PROTOCOL.md's annotated session, byte by byte, and the client beside it: both must be true of the real gateway.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { TABLE_HASH } from "../../static/shim/base/syscalls.js";
import { within } from "../engines/deadline.js";
import { openFixture } from "./call-fixture.js";
import { top } from "./gateway.js";

let fixture;
before(async () => {
	fixture = await openFixture();
	fs.writeFileSync(fixture.at("hello.txt"), "hello\n");
});
after(() => fixture.close());

/** The steps of the document: { sends } and { comes }, each a list of bytes, undefined for one that varies, and { happens }, words. */
function sessionOf(document) {
	const steps = [];
	for (const line of /```session\n(.*?)```/s.exec(document)[1].trimEnd().split("\n")) {
		if (line[0] === "#") {
			steps.push({ happens: line.slice(2) });
			continue;
		}
		if (line[0] !== " ")
			steps.push({ [line[0] === ">" ? "sends" : "comes"]: [] });
		const step = steps.at(-1);
		for (const token of line.slice(2).split(/ {2,}/)[0].trim().split(" "))
			(step.sends ?? step.comes).push(...bytesOf(token));
	}
	return steps;
}

function bytesOf(token) {
	if (token === "HASH")
		return Array.from({ length: 8 }, (_, i) => Number((TABLE_HASH >> BigInt(8 * i)) & 0xFFn));
	if (token.startsWith(".."))
		return new Array(Number(/x(\d+)/.exec(token)?.[1] ?? 1)).fill(undefined);
	assert.match(token, /^([0-9a-f]{2})+$/, "hex in the document");
	return [...Buffer.from(token, "hex")];
}

test("the session in PROTOCOL.md is what the gateway does", async () => {
	const events = { "another process makes the folder data/new": () => fs.mkdirSync(fixture.at("new")) };
	const wire = await fixture.session.dial();
	const come = [];
	let arrived = () => {};
	wire.socket.on("message", (data) => {
		come.push(...data);
		arrived();
	});
	for (const [i, { sends, comes, happens }] of sessionOf(fs.readFileSync(path.join(top, "docs/PROTOCOL.md"), "utf8")).entries()) {
		if (happens)
			events[happens]();
		else if (sends)
			wire.send(Uint8Array.from(sends));
		else {
			while (come.length < comes.length)
				await within(new Promise((resolve) => (arrived = resolve)), 10_000, `step ${i}`);
			const got = come.splice(0, comes.length);
			assert.deepEqual(got.map((byte, at) => (comes[at] === undefined ? undefined : byte)), comes, `step ${i}: ${Buffer.from(got).toString("hex")}`);
		}
	}
	assert.deepEqual(await wire.closed, { code: 1000, reason: "the program has ended" });
	assert.deepEqual(come, []);
});

const client = async (...args) => {
	const link = await fixture.gateway.link();
	return promisify(execFile)(process.execPath, [path.join(top, "docs/client.js"), link, ...args]);
};

test("the client beside it prints files that it opens by a link alone", async () => {
	fs.writeFileSync(fixture.at("long.bin"), Buffer.alloc(300_000, "0123456789"));
	const { stdout } = await client("/hello.txt", "/long.bin");
	assert.equal(stdout, `hello\n${"0123456789".repeat(30_000)}`);
});

test("the client beside it names the error of a file that isn't there", async () => {
	await assert.rejects(client("/none"), ({ code, stderr }) => {
		assert.equal(code, 1);
		assert.match(stderr, /path_open: NOENT/);
		return true;
	});
});
