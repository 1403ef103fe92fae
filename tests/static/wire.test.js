// How much a stream of a socket asks ahead (net/wire.js): more where it is busy, and all streams together no more than the gateway lets wait.
import assert from "node:assert/strict";

import { Wire } from "../../static/shim/net/wire.js";
import { test } from "../testing.js";

const MUCH = 200_000;
const CALLS_THAT_WAIT = 1024; // server/program/internal.h

/* connect()'s sock_recv, answered by hand: waits has what was asked and isn't answered. */
function asked() {
	const waits = [];
	return { waits, sock_recv: (fd) => new Promise((resolve) => waits.push({ fd, resolve })),
		answer: (fd, length) => waits.splice(waits.findIndex((wait) => wait.fd === fd), 1)[0].resolve({ bytes: new Uint8Array(length) }) };
}

test("a stream asks once, ahead while much comes, and once again when little comes", async () => {
	const calls = asked(), wire = new Wire(calls, 5);
	const first = wire.receive();
	assert.equal(calls.waits.length, 1);
	calls.answer(5, MUCH);
	await first;
	const second = wire.receive(), ahead = calls.waits.length;
	assert.ok(ahead > 2);
	calls.answer(5, 10);
	await second;
	for (let i = 1; i < ahead; i++) {
		const next = wire.receive();
		assert.equal(calls.waits.length, ahead - i, "nothing more is asked");
		calls.answer(5, 10);
		await next;
	}
	wire.receive();
	assert.equal(calls.waits.length, 1);
});

test("five hundred busy streams have fewer calls waiting than the gateway allows, and those that end make room", async () => {
	const calls = asked(), wires = Array.from({ length: 500 }, (_, fd) => new Wire(calls, fd));
	const busy = async () => {
		const all = wires.map((wire) => wire.receive());
		wires.forEach((_, fd) => calls.answer(fd, MUCH));
		await Promise.all(all);
	};
	for (let round = 0; round < 3; round++)
		await busy();
	wires.forEach((wire) => void wire.receive());
	const most = calls.waits.length;
	assert.ok(most > wires.length + 100 && most < CALLS_THAT_WAIT - 200, `${most}`);
	for (let fd = 0; fd < wires.length; fd++)
		while (calls.waits.some((wait) => wait.fd === fd))
			calls.answer(fd, 0);
	await new Promise(setImmediate);
	const other = new Wire(calls, 1000);
	const first = other.receive();
	calls.answer(1000, MUCH);
	await first;
	other.receive();
	assert.ok(calls.waits.length > 2);
});
