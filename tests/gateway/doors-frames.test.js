// Hostile WebSocket frames from one who has a ticket: bounded, closed, and nobody else suffers.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after } from "node:test";

import { test } from "../testing.js";
import { openDoors } from "./doors-fixture.js";
import { gatewayPid } from "./processes.js";
import { Raw, upgrade } from "./raw.js";

const MESSAGE_MAX = 8 << 20;
const fixture = await openDoors();
after(() => fixture.close());
const session = await fixture.enter();

async function open() {
	const [ticket] = await session.tickets();
	const raw = await Raw.open(fixture.port);
	assert.equal((await raw.send(upgrade(fixture.origin, ticket)).answer()).status, 101);
	return raw;
}

/** A frame's head with a mask of zeros, which leaves the payload as it is. */
function head(opcode, length, { fin = true, masked = true } = {}) {
	const first = Buffer.from([(fin ? 0x80 : 0) | opcode]);
	const mask = masked ? Buffer.alloc(4) : Buffer.alloc(0);
	const bit = masked ? 0x80 : 0;
	if (length < 126)
		return Buffer.concat([first, Buffer.from([bit | Number(length)]), mask]);
	const wide = Buffer.alloc(9);
	wide[0] = bit | 127;
	wide.writeBigUInt64BE(BigInt(length), 1);
	return Buffer.concat([first, wide, mask]);
}

const memory = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${gatewayPid(fixture.gateway.pid)}/status`, "utf8"))[1]) * 1024;

for (const [name, length] of [["2^62 bytes", 1n << 62n], ["2^63 bytes", 1n << 63n], ["one byte more than a message may have", BigInt(MESSAGE_MAX) + 1n]])
	test(`a frame that announces ${name} is closed at its first bytes, and nothing is kept for it`, async () => {
		const before = memory();
		const raw = await open();
		raw.send(head(2, length)).send(Buffer.alloc(1000));
		await raw.hungUp();
		raw.close();
		assert.ok(memory() - before < 4 << 20);
		assert.ok(await fixture.isWell());
	});

test("a million fragments of one byte end at the bound", async () => {
	const before = memory();
	const raw = await open();
	const one = Buffer.concat([head(0, 1, { fin: false }), Buffer.from([7])]);
	raw.send(Buffer.concat([head(2, 1, { fin: false }), Buffer.from([7])]));
	const many = Buffer.concat(Array.from({ length: 1000 }, () => one));
	for (let i = 0; i < 1000 && !raw.ended; i++)
		raw.send(many);
	await raw.hungUp();
	raw.close();
	assert.ok(memory() - before < 4 << 20);
	assert.ok(await fixture.isWell());
});

test("8 MiB is a message, whose bytes are then looked at; with one more it is too long", async () => {
	for (const [size, code] of [[MESSAGE_MAX, 4400], [MESSAGE_MAX + 1, 4413]]) {
		const wire = await session.dial();
		wire.send(Buffer.alloc(size));
		assert.equal((await wire.closed).code, code, String(size));
	}
});

test("empty fragments end at the same bound", async () => {
	const raw = await open();
	raw.send(head(2, 0, { fin: false })).send(Buffer.concat(Array.from({ length: 5000 }, () => head(0, 0, { fin: false }))));
	await raw.hungUp();
	raw.close();
	assert.ok(await fixture.isWell());
});

test("a hundred thousand pings cost no memory, and others are served meanwhile", async () => {
	const raw = await open();
	const before = memory();
	const pings = Buffer.concat(Array.from({ length: 1000 }, () => head(9, 4).subarray(0, 6)).map((each) => Buffer.concat([each, Buffer.from("ping")])));
	for (let i = 0; i < 100; i++)
		raw.send(pings);
	assert.ok(await fixture.isWell());
	const wire = await session.connect();
	assert.equal(wire.welcome.scope, "run");
	await wire.close();
	assert.ok(memory() - before < 8 << 20);
	raw.close();
});

for (const [name, bytes] of [
	["an unknown opcode", head(3, 4)],
	["an unknown control opcode", head(11, 4)],
	["reserved bits", Buffer.from([0xf2, 0x84, 0, 0, 0, 0, 1, 2, 3, 4])],
	["a ping of 126 bytes", Buffer.concat([Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), Buffer.alloc(126)])],
	["a text message", Buffer.concat([head(1, 4), Buffer.from("text")])],
	["a message that is no frame of ours", Buffer.concat([head(2, 4), Buffer.alloc(4)])],
])
	test(`${name}: closed, and the gateway lives`, async () => {
		const raw = await open();
		raw.send(bytes).send(Buffer.alloc(16));
		await raw.hungUp();
		raw.close();
		assert.ok(await fixture.isWell());
	});

test("bytes that aren't masked are a known gap of libwebsockets 4.1.6: they reach the wire's own checks, and no further", async () => {
	const raw = await open();
	raw.send(Buffer.concat([head(2, 8, { masked: false }), Buffer.alloc(8)]));
	await raw.hungUp();
	raw.close();
	assert.ok(await fixture.isWell());
});
