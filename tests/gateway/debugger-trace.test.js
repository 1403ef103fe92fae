// A debugger sees every call that a program makes: names, arguments, results, data's length and hash, handles, output, the end.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";

import { ROOT_ONLY, openFixture } from "./call-fixture.js";
import { END, HELLO, call, handle, open } from "./client.js";
import * as codec from "../../static/shim/base/codec.js";
import { CALL_FLAG, Debugger, NONE, TO_DEBUGGER } from "./debugger.js";

let fixture;
before(async () => {
	fixture = await openFixture();
});
after(() => fixture.close());
const text = (bytes) => Buffer.from(bytes).toString("latin1");

test("each call comes as one row, with decoded arguments, result, batch and times", async () => {
	fs.writeFileSync(fixture.at("a.txt"), "hello, world");
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect({ ...ROOT_ONLY, args: ["tool<b>", "-v"], env: ["KEY=<i>"] });
	const began = await debug.next(TO_DEBUGGER.PROGRAM, ({ program: id }) => id === program.welcome.guest);
	assert.deepEqual(began.args, ["tool<b>", "-v"]);
	assert.ok(began.env.includes("KEY=<i>"));
	assert.equal(began.flags, 0);

	const sequence = program.batch([open("a.txt", handle(9)), call("fd_read", [handle(9), 0n, 5])]);
	await program.answer(sequence, [open("a.txt", handle(9)), call("fd_read", [handle(9), 0n, 5])]);
	await program.call("path_filestat_get", [3, 0, "missing"]).catch(() => {});
	const opened = await debug.call(/^path_open/);
	assert.equal(opened.text, 'path_open(3, 0, "a.txt", 0, FD_READ, FD_READ, 0, new 9)');
	assert.equal(opened.result, "= 0");
	assert.equal(text(opened.path), "a.txt");
	assert.deepEqual([opened.batch, opened.index, opened.handle, opened.handle2], [sequence, 0, 3, handle(9)]);
	const read = await debug.call(/^fd_read/);
	assert.equal(read.result, "= [5 bytes]");
	assert.deepEqual([read.bytesOut, read.offset, read.index], [5, 5n, 1]);
	assert.equal(read.number, opened.number + 1);
	assert.ok(read.flags & CALL_FLAG.HASH && !(read.flags & CALL_FLAG.DATA), "a hash in place of the contents");
	assert.equal(read.data.length, 0);
	assert.ok(read.time >= opened.time && read.duration > 0);
	const missing = await debug.call(/^path_filestat_get/);
	assert.deepEqual([missing.result, missing.errno, missing.handle2], ["= ENOENT", 44, NONE]);

	assert.equal(debug.handles(program.welcome.guest).get(handle(9)).opened, opened.number);
	assert.equal(text(debug.handles(program.welcome.guest).get(handle(9)).path), "/a.txt");
	await program.call("fd_close", [handle(9)]);
	await debug.when(() => (debug.handles(program.welcome.guest).has(handle(9)) ? undefined : true), "the handle to go");
	await program.close();
	const ended = await debug.next(TO_DEBUGGER.ENDED, ({ program: id }) => id === program.welcome.guest);
	assert.equal(ended.reason, 3);
	await debug.close();
});

test("who comes later sees what runs, and what it has open already", async () => {
	fs.writeFileSync(fixture.at("before.txt"), "x");
	const program = await fixture.session.connect({ ...ROOT_ONLY, args: ["early"] });
	await program.calls(open("before.txt", handle(7)));
	const debug = await Debugger.attach(fixture.gateway);
	const began = await debug.next(TO_DEBUGGER.PROGRAM, ({ program: id }) => id === program.welcome.guest);
	assert.deepEqual([began.name, began.flags], ["early", 4]);
	await debug.when(() => (debug.handles(program.welcome.guest).has(handle(7)) ? true : undefined), "the handle");
	const handles = debug.handles(program.welcome.guest);
	assert.deepEqual([0, 1, 2].map((fd) => text(handles.get(fd).path)), ["stdin", "stdout", "stderr"]);
	assert.equal(text(handles.get(3).path), "/");
	assert.equal(text(handles.get(handle(7)).path), fs.realpathSync(fixture.at("before.txt")), "as the kernel names it");
	assert.equal(handles.get(handle(7)).opened, 0);
	await debug.close();
	await program.close();
});

test("equal data has an equal hash, other data another", async () => {
	fs.writeFileSync(fixture.at("x"), "same");
	fs.writeFileSync(fixture.at("y"), "same");
	fs.writeFileSync(fixture.at("z"), "else");
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	for (const [i, name] of ["x", "y", "z"].entries())
		await program.calls(open(name, handle(10 + i)), call("fd_pread", [handle(10 + i), 0n, 100]));
	const reads = await debug.when(() => {
		const all = debug.calls().filter((row) => /^fd_pread/.test(row.text));
		return all.length === 3 ? all : undefined;
	}, "three reads");
	assert.equal(reads[0].hash, reads[1].hash);
	assert.notEqual(reads[0].hash, reads[2].hash);
	await debug.close();
	await program.close();
});

test("what was written to stdout, and what is fed to stdin, is mirrored; a trap comes with its stack", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect({ flags: HELLO.NEW });
	await program.call("fd_write", [1, 0n, "out\u001b[31m<b>"]);
	program.send(codec.encodeStdin(Buffer.from("typed\n")));
	await program.call("fd_read", [0, 0n, 100]);
	const out = await debug.next(TO_DEBUGGER.OUTPUT, ({ stream }) => stream === 1);
	assert.equal(text(out.bytes), "out\u001b[31m<b>");
	const typed = await debug.next(TO_DEBUGGER.OUTPUT, ({ stream }) => stream === 0);
	assert.equal(text(typed.bytes), "typed\n");
	program.send(codec.encodeEnd(END.TRAP, "RuntimeError: unreachable\n    at f (wasm://1)"));
	const ended = await debug.next(TO_DEBUGGER.ENDED, ({ program: id }) => id === program.welcome.guest);
	assert.deepEqual([ended.reason, ended.message], [1, "RuntimeError: unreachable\n    at f (wasm://1)"]);
	await debug.close();
});

test("a skipped call says so, and a parked one how long it waited", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect({ flags: HELLO.NEW });
	await program.calls(call("path_filestat_get", [3, 0, "missing"], 2), call("sched_yield"));
	const skipped = await debug.call(/^sched_yield/);
	assert.equal(skipped.result, "= skipped");
	assert.ok(skipped.flags & CALL_FLAG.SKIPPED);
	const reading = program.call("fd_read", [0, 0n, 1]);
	program.send(codec.encodeStdin(Buffer.from("!")));
	await reading;
	const waited = await debug.call(/^fd_read/);
	assert.equal(waited.result, "= [1 bytes]");
	await debug.close();
	await program.close();
});

test("the program goes on when its debugger leaves, and nobody is told any more", async () => {
	const debug = await Debugger.attach(fixture.gateway);
	const program = await fixture.session.connect(ROOT_ONLY);
	await program.call("sched_yield", []);
	await debug.call(/^sched_yield/);
	await debug.close();
	await fixture.gateway.says(/debugger in .* is detached/);
	await program.call("sched_yield", []);
	await program.close();
});

