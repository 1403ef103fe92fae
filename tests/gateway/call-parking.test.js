// Calls that wait: they leave the stream, are answered when ready, and are forgotten when nobody wants them any more.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, ERRNO, FRAME, HELLO, RIGHTS, SKIPPED, STDIN, call, events, handle, open, subscription } from "./client.js";
import * as codec from "../../static/shim/base/codec.js";
import { after, test } from "../testing.js";

const fixture = await openFixture(["--tcplisten", "127.0.0.1:0:blocking"]);
after(() => fixture.close());
const [host, port] = fixture.gateway.ready.listen[0].split(":");
const address = { host, port: Number(port) };
execFileSync("mkfifo", [fixture.at("fifo")]);

const SOCKET = 4;
const MONOTONIC = 1;
const clock = (userdata, timeoutMs) => subscription({ userdata, clock: MONOTONIC, timeout: timeoutMs * 1e6 });
const poll = (...subs) => call("poll_oneoff", [Buffer.concat(subs)]);
const connect = (hello = ROOT_ONLY) => fixture.session.connect(hello);

test("a poll that waits doesn't hold up what comes after", async () => {
	const wire = await connect();
	const waiting = [poll(subscription({ userdata: 1, read: SOCKET }))];
	const slow = wire.batch(waiting);
	assert.equal((await wire.calls(call("path_filestat_get", [3, 0, "."])))[0].errno, 0, "answered though nobody has connected");
	const peer = net.connect(address);
	const [result] = await wire.answer(slow, waiting);
	assert.deepEqual(events(result.gives[0]).map(({ userdata }) => userdata), [1]);
	assert.equal((await wire.calls(call("sock_accept", [SOCKET, 0, handle(9, 1)])))[0].errno, 0);
	peer.destroy();
	await wire.close();
});

test("a clock's poll isn't answered early", async () => {
	const wire = await connect();
	const started = process.hrtime.bigint();
	const [result] = await wire.calls(poll(clock(1, 400)));
	assert.deepEqual(events(result.gives[0]).map(({ userdata }) => userdata), [1]);
	assert.ok(process.hrtime.bigint() - started >= 400_000_000n);
	await wire.close();
});

test("within a batch too: the parked call's result comes last", async () => {
	const wire = await connect();
	const results = await wire.calls(poll(clock(1, 50)), call("sched_yield"), call("path_filestat_get", [3, 0, "."]));
	assert.deepEqual(results.order, [1, 2, 0]);
	assert.deepEqual(results.map(({ errno }) => errno), [0, 0, 0]);
	await wire.close();
});

test("a FIFO is opened without a writer, its reads wait for bytes, in order", async () => {
	const wire = await connect();
	const fifo = handle(8, 1);
	assert.equal((await wire.calls(open("fifo", fifo)))[0].errno, 0);
	const writer = fs.openSync(fixture.at("fifo"), "w");
	const reads = [call("fd_read", [fifo, 0n, 3])];
	const first = wire.batch(reads), second = wire.batch(reads);
	assert.equal((await wire.calls(call("sched_yield")))[0].errno, 0);
	fs.writeSync(writer, "onetwo");
	assert.equal(Buffer.from((await wire.answer(first, reads))[0].gives[0]).toString(), "one");
	assert.equal(Buffer.from((await wire.answer(second, reads))[0].gives[0]).toString(), "two");
	const third = wire.batch(reads);
	await wire.calls(call("sched_yield"));
	assert.equal((await wire.calls(call("fd_close", [fifo])))[0].errno, 0);
	assert.equal((await wire.answer(third, reads))[0].errno, ERRNO.BADF, "closing the handle ends the read that waits on it");
	fs.closeSync(writer);
	await wire.close();
});

test("a poll on a FIFO and a clock: whichever comes first", async () => {
	const wire = await connect();
	const fifo = handle(8, 1);
	await wire.calls(open("fifo", fifo));
	const writer = fs.openSync(fixture.at("fifo"), "w");
	const quiet = await wire.calls(poll(subscription({ userdata: 1, read: fifo }), clock(2, 30)));
	assert.deepEqual(events(quiet[0].gives[0]).map(({ userdata }) => userdata), [2]);
	const calls = [poll(subscription({ userdata: 1, read: fifo }), clock(2, 20_000))];
	const sequence = wire.batch(calls);
	fs.writeSync(writer, "12345");
	const [ready] = events((await wire.answer(sequence, calls))[0].gives[0]);
	assert.equal(ready.userdata, 1);
	assert.equal(ready.nbytes, 5);
	fs.closeSync(writer);
	await wire.close();
});

test("stdin: bytes that come later wake a read, and TAKEN says what was consumed", async () => {
	const wire = await connect({ ...ROOT_ONLY, flags: HELLO.NEW | HELLO.PREOPENS, stdin: "first" });
	const read = (offset) => [call("fd_read", [0, offset, 100])];
	const one = await wire.calls(...read(0n));
	assert.equal(Buffer.from(one[0].gives[0]).toString(), "first");
	const waiting = read(5n);
	const sequence = wire.batch(waiting);
	await wire.calls(call("sched_yield"));
	wire.send(codec.encodeStdin(Buffer.from("second")));
	assert.equal(Buffer.from((await wire.answer(sequence, waiting))[0].gives[0]).toString(), "second");
	await wire.next(FRAME.TAKEN, (frame) => codec.decodeFields(frame)[0] === 11n);
	wire.send(codec.encodeStdin(Buffer.from("x"), STDIN.MARK));
	assert.equal((await wire.calls(...read(11n)))[0].gives[0].length, 1);
	assert.equal((await wire.calls(...read(12n)))[0].gives[0].length, 0, "Ctrl-D: one read of nothing");
	wire.send(codec.encodeStdin(Buffer.from("end"), STDIN.EOF));
	assert.equal((await wire.calls(...read(12n)))[0].gives[0].length, 3);
	assert.equal((await wire.calls(...read(15n)))[0].gives[0].length, 0);
	const [event] = events((await wire.calls(poll(subscription({ userdata: 9, read: 0 }))))[0].gives[0]);
	assert.deepEqual([event.userdata, event.flags & 1], [9, 1], "the end is ready, and a hang-up");
	await wire.close();
});

test("more stdin than the bound, unread: closed", async () => {
	const wire = await connect({ ...ROOT_ONLY, flags: HELLO.NEW | HELLO.PREOPENS });
	const half = Buffer.alloc(wire.welcome.bounds.stdin / 2 + 1);
	wire.send(codec.encodeStdin(half));
	wire.send(codec.encodeStdin(half));
	const { code } = await wire.closed;
	assert.ok(code === 4400 || code === 4413, `closed with ${code}`);
});

test("accept waits for somebody, sends and receives, shuts down", async () => {
	const wire = await connect();
	assert.equal(wire.welcome.preopens[1].socket, true);
	const conn = handle(9, 1);
	const calls = [call("sock_accept", [SOCKET, 0, conn])];
	const sequence = wire.batch(calls);
	await wire.calls(call("sched_yield"));
	const peer = net.connect(address);
	assert.equal((await wire.answer(sequence, calls))[0].errno, 0);
	peer.write("ping");
	const [received] = await wire.calls(call("sock_recv", [conn, 0, 100]));
	assert.equal(Buffer.from(received.gives[1]).toString(), "ping");
	const heard = new Promise((resolve) => peer.once("data", resolve));
	assert.deepEqual((await wire.calls(call("sock_send", [conn, 0, Buffer.from("pong")])))[0].gives, [4]);
	assert.equal((await heard).toString(), "pong");
	const ended = new Promise((resolve) => peer.once("end", resolve));
	assert.equal((await wire.calls(call("sock_shutdown", [conn, 2])))[0].errno, 0);
	await ended;
	peer.end();
	assert.equal((await wire.calls(call("sock_recv", [conn, 0, 100])))[0].gives[1].length, 0, "the other side has ended");
	peer.destroy();
	await wire.close();
});

test("a guest that goes takes its waiting calls along; the next one can accept", async () => {
	const gone = await connect();
	gone.batch([call("sock_accept", [SOCKET, 0, handle(9, 1)])]);
	await gone.calls(call("sched_yield"));
	await gone.close();
	const wire = await connect();
	const calls = [call("sock_accept", [SOCKET, 0, handle(9, 1)])];
	const sequence = wire.batch(calls);
	await wire.calls(call("sched_yield"));
	const peer = net.connect(address);
	assert.equal((await wire.answer(sequence, calls))[0].errno, 0);
	peer.destroy();
	await wire.close();
});

test("a linked call that would wait is answered AGAIN", async () => {
	const wire = await connect();
	const fifo = handle(8, 1);
	const writer = fs.openSync(fixture.at("fifo"), "r+");
	const results = await wire.calls(open("fifo", fifo, { rights: RIGHTS.read }), { ...call("fd_read", [fifo, 0n, 1]), flags: 2 },
		call("fd_filestat_get", [fifo]));
	assert.equal(results[1].errno, ERRNO.AGAIN);
	fs.closeSync(writer);
	await wire.close();
});

test("a linked call behind one that waits is answered AGAIN too", async () => {
	const wire = await connect();
	const fifo = handle(8, 1);
	await wire.calls(open("fifo", fifo));
	const writer = fs.openSync(fixture.at("fifo"), "w");
	const reads = [call("fd_read", [fifo, 0n, 3])];
	const first = wire.batch(reads);
	const results = await wire.calls(call("fd_read", [fifo, 0n, 3], CALL.LINK), call("path_filestat_get", [3, 0, "."]));
	assert.deepEqual(results.map(({ errno }) => errno), [ERRNO.AGAIN, SKIPPED]);
	fs.writeSync(writer, "one");
	assert.equal((await wire.answer(first, reads))[0].errno, 0);
	fs.closeSync(writer);
	await wire.close();
});

test("many guests accept on one socket: each connection is one guest's, and the others wait on", async () => {
	const guests = [], calls = [call("sock_accept", [SOCKET, 0, handle(9, 1)])];
	for (let i = 0; i < 4; i++)
		guests.push(await connect());
	const waiting = guests.map((guest) => guest.answer(guest.batch(calls), calls));
	for (const guest of guests) // so that all of them wait
		await guest.calls(call("sched_yield"));
	const taken = [], sockets = [];
	waiting.forEach((answer, i) => answer.then(([{ errno }]) => taken.push([i, errno])));
	for (let i = 1; i <= guests.length; i++) {
		sockets.push(net.connect(address));
		await Promise.race(waiting.filter((_, k) => !taken.some(([taker]) => taker === k)));
		for (const guest of guests)
			await guest.calls(call("sched_yield"));
		assert.equal(taken.length, i);
	}
	assert.deepEqual(taken.map(([, errno]) => errno), [0, 0, 0, 0]);
	for (const socket of sockets)
		socket.destroy();
	for (const guest of guests)
		await guest.close();
});

test("accepts that wait one behind the other: closing the listener ends both, and their handles answer BADF", async () => {
	const wire = await connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
	const { handle: listener } = wire.welcome.preopens.find(({ socket }) => socket);
	const [a, b] = [handle(20, 1), handle(21, 1)];
	const one = [call("sock_accept", [listener, 0, a])], two = [call("sock_accept", [listener, 0, b])];
	const first = wire.batch(one), second = wire.batch(two);
	assert.equal((await wire.calls(call("fd_close", [listener])))[0].errno, 0);
	assert.equal((await wire.answer(first, one))[0].errno, ERRNO.BADF);
	assert.equal((await wire.answer(second, two))[0].errno, ERRNO.BADF);
	assert.deepEqual((await wire.calls(call("fd_close", [a]), call("fd_close", [b]))).map(({ errno }) => errno), [ERRNO.BADF, ERRNO.BADF]);
	await wire.close();
});

test("a hundred guests wait at once, and each is woken by its own clock", async () => {
	const wires = [];
	for (let i = 0; i < 100; i++)
		wires.push(await connect());
	const calls = [poll(clock(1, 200))];
	const answers = await Promise.all(wires.map((wire) => wire.answer(wire.batch(calls), calls)));
	assert.ok(answers.every(([{ errno }]) => errno === 0));
	await Promise.all(wires.map((wire) => wire.close()));
});
