// What the inspector makes of frames, fed with those that both codecs are held against, and with more of the same kind.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";

import { CALL_FLAG, FrameReader, TO_DEBUGGER } from "../../static/inspector/codec.js";
import { readKept } from "../../static/inspector/kept.js";
import { argumentsText, resultText } from "../../static/inspector/preview1.js";
import { Model, callName, pathText } from "../../static/inspector/model.js";
import { FLAG, NO_HANDLE } from "../../static/inspector/store.js";
import { NUMBERS } from "../../static/shim/base/syscalls.js";
import * as frames from "./frames.js";

const vectors = JSON.parse(fs.readFileSync(new URL("../vectors/watch.json", import.meta.url))).filter(({ direction }) => direction === "server");
const encoders = new Map([
	[TO_DEBUGGER.WELCOME, frames.welcome], [TO_DEBUGGER.PROGRAM, frames.program], [TO_DEBUGGER.ENDED, frames.ended],
	[TO_DEBUGGER.CALLS, ({ calls }) => frames.calls(calls)], [TO_DEBUGGER.HANDLES, frames.handles], [TO_DEBUGGER.SOCKETS, frames.sockets], [TO_DEBUGGER.RULES, frames.rules], [TO_DEBUGGER.OUTPUT, frames.output],
	[TO_DEBUGGER.STATE, frames.state], [TO_DEBUGGER.SCOPE, frames.scope], [TO_DEBUGGER.CONSOLE, frames.consoleLine],
	[TO_DEBUGGER.MEMORY_IS, frames.memory], [TO_DEBUGGER.INJECTED, frames.injected], [TO_DEBUGGER.RECORDING, frames.recording], [TO_DEBUGGER.DROPPED, frames.dropped], [TO_DEBUGGER.TIMES, ({ times }) => frames.times(times)],
]);

/* As the vectors write them: big numbers as decimal text, bytes as hex. */
function live(value, key) {
	if (["realtime", "monotonic", "time", "hash", "offset", "value", "rights", "inheriting"].includes(key))
		return BigInt(value);
	if (key === "address" && /^\d+$/.test(value)) // of memory, not of a machine
		return BigInt(value);
	if (["path", "path2", "data", "bytes"].includes(key) && typeof value === "string")
		return Buffer.from(value, "hex");
	if (Array.isArray(value))
		return value.map((one) => live(one));
	if (value !== null && typeof value === "object")
		return Object.fromEntries(Object.entries(value).map(([name, its]) => [name, live(its, name)]));
	return value;
}

for (const { name, hex, decoded } of vectors)
	test(`these tests' frames are the gateway's: ${name}`, () => {
		assert.equal(Buffer.from(encoders.get(decoded.type)(live(decoded))).toString("hex"), hex);
	});

function feed(model, ...messages) {
	for (const message of messages)
		for (const frame of new FrameReader().push(message))
			model.take(frame);
	return model;
}
const modelOf = (...messages) => feed(new Model(), ...messages);

const began = frames.program({ program: 7, name: "tool", args: ["tool", "-v"], realtime: 1_700_000_000_000_000_000n });
const time = 1_700_000_000_000_100_000n;
const read = (more) => ({ program: 7, number: 1, time, call: NUMBERS.fd_read, batch: 9, handle: 4, bytesOut: 12, queue: 2000, duration: 8000,
	text: "fd_read(4, 0, 4096)", result: "= [12 bytes]", offset: 12n, ...more });

test("what a page kept of its program is shown; what stands in an address otherwise is nothing", () => {
	const address = (what) => `#calls=${encodeURIComponent(JSON.stringify(what))}`;
	const call = (more) => ({ call: "path_open", path: "/work/<b>", address: null, errno: 44, time: 1_700_000_000_000, ...more });
	const model = new Model();
	model.keep(readKept(address({ args: ["tool", "-v"], code: 3, calls: [call(), call({ call: "fd_write" }), call({ call: "sock_connect", path: null, address: "[::1]:80" }),
		call({ call: "constructor", path: {}, errno: "x", time: -1 })] })));
	assert.deepEqual(model.programs.get(0).ended.code, 3);
	assert.deepEqual([0, 1, 2, 3].map((row) => [callName(model.store.row(row).call), argumentsText(model.store.row(row)), model.store.row(row).errno]), [
		["path_open", "path=\"/work/<b>\"", 44], ["fd_write", "fd=<\"/work/<b>\">", 44], ["sock_connect", "\"[::1]:80\"", 44],
		["call 65535", "<\"\">", 0]]);
	model.keep(readKept(address({ args: [], code: 1, calls: [
		call({ args: ["3", "1", "<b>", "9", "2", "0", "0", null], errno: 0, value: 5, waited: true }),
		call({ call: "fd_read", args: ["5", null, null], errno: 0, value: 12, waited: false }),
		call({ call: "sock_connect", args: ["6", null, "0"], path: null, address: "[::1]:80" }), call({ call: "proc_exit", args: ["1"], path: null, errno: null }),
		call({ call: "fd_read", args: [{}, "x", "y", "z"], errno: 0, value: "<b>" })] })));
	assert.deepEqual([5, 6].map((at) => (model.store.row(at).flags & FLAG.LOCAL) !== 0), [false, true]);
	const rowsAfter = [5, 6, 7, 8, 9].map((at) => model.store.row(at));
	assert.deepEqual(rowsAfter.map((row) => [callName(row.call), argumentsText(row), resultText(row)]), [
		["path_open", "fd=3<\"/work\">, dirflags=SYMLINK_FOLLOW, path=\"<b>\", oflags=CREAT|TRUNC, fs_rights_base=FD_READ, fs_rights_inheriting=0, fdflags=0", "fd 5"],
		["fd_read", "fd=5<\"/work/<b>\">", "12"], ["sock_connect", "6, \"[::1]:80\", 0", "-1"], ["proc_exit", "rval=1", ""],
		["fd_read", "fd=<\"/work/<b>\">, iovs=y", "0"]]);
	for (const wrong of ["", "#k=AAAA", "#calls=", "#calls={", address(null), address({ args: "tool", calls: [] }), address({ args: [], calls: [null] })])
		assert.equal(readKept(wrong), null, wrong);
});

test("every vector is taken, in one message", () => {
	const model = modelOf(Buffer.concat(vectors.map(({ hex }) => Buffer.from(hex, "hex"))));
	assert.equal(model.welcome.scope, 2);
	assert.equal(model.programs.get(7).ended.reason, "trap");
	assert.equal(model.store.end, 4); // the calls, and a note that some are missing
	assert.equal(model.dropped, 99);
});

test("a call is a row, and its wait is told later", () => {
	const model = modelOf(began,
		frames.calls([read(), read({ number: 2, flags: CALL_FLAG.QUIET, call: NUMBERS.fd_write, text: "fd_write(5, 0, [3 bytes])", batch: 10 })]));
	const row = model.store.row(0);
	assert.deepEqual([callName(row.call), row.text, row.took, row.queue, row.os, row.handle, row.bytes, row.offset],
		["fd_read", "4, 0, 4096", 10, 2, 8, 4, 12, 12]);
	assert.ok(Number.isNaN(row.wire));
	const [frame] = new FrameReader().push(frames.times([{ program: 7, batch: 9, call: NUMBERS.fd_read, page: 5000, trip: 250_000 }]));
	model.take(frame);
	const { took, page, wire, queue, os } = model.store.row(0);
	assert.deepEqual([took, page, wire, queue, os], [255, 5, 240, 2, 8]);
	const sum = model.programs.get(7).sums.calls.get(NUMBERS.fd_read);
	assert.deepEqual([sum.count, sum.took, sum.durations.max, sum.parts.wire], [1, 255, 255, 240]);
	model.take(frame); // the same once more means nothing
	assert.equal(sum.took, 255);
	assert.equal(model.sums.all.count, 1);
	assert.equal(model.sums.all.quiet, 1);
});

test("what the page answered itself took its time in the page", () => {
	const model = modelOf(began,
		frames.calls([read({ flags: CALL_FLAG.LOCAL, batch: 0, queue: 0, duration: 300, call: NUMBERS.clock_time_get, text: "clock_time_get(REALTIME, 1)" })]));
	const row = model.store.row(0);
	assert.deepEqual([row.text, row.took, row.page, row.wire, row.os, row.flags & FLAG.LOCAL],
		["REALTIME, 1", 0.3, 0.3, 0, 0, 1].map((n) => typeof n === "number" ? Math.fround(n) : n));
});

test("sockets come, change, and go with their handles; rules are the user's, the page's, and what was said yes to", () => {
	const socket = { handle: 8, state: 2, name: "db.test:5432" };
	const model = modelOf(frames.program({ program: 7 }), frames.rules({ rules: ["tcp:db.test:5432", "ask"] }),
		frames.rules({ program: 7, which: 1, rules: ["tcp:db.test:5432"] }),
		frames.handles({ program: 7, handles: [{ handle: 8, filetype: 6 }, { handle: 9, filetype: 6 }] }),
		frames.sockets({ program: 7, sockets: [socket, { handle: 9 }] }));
	const its = model.programs.get(7);
	assert.deepEqual([its.sockets.get(8).state, its.sockets.get(8).name], [2, "db.test:5432"]);
	feed(model, frames.sockets({ program: 7, sockets: [{ ...socket, state: 3, peer: "10.0.0.1:5432", received: 2 ** 33, sent: 5 }] }),
		frames.handles({ program: 7, handles: [{ handle: 9, flags: 0 }] }), frames.rules({ program: 7, which: 2, rules: ["udp:a.test:53"] }));
	assert.deepEqual([its.sockets.get(8).state, its.sockets.get(8).peer, its.sockets.get(8).received, its.sockets.get(8).sent],
		[3, "10.0.0.1:5432", 2 ** 33, 5]);
	assert.ok(!its.sockets.has(9));
	assert.deepEqual([model.rules, its.kept, its.granted], [["tcp:db.test:5432", "ask"], ["tcp:db.test:5432"], ["udp:a.test:53"]]);
});

test("handles come, move, go, and are left open at the end", () => {
	const model = modelOf(began,
		frames.handles({ program: 7, snapshot: true, handles: [{ handle: 0, filetype: 2 }, { handle: 3, flags: 3, filetype: 3, path: "/" }] }),
		frames.handles({ program: 7, handles: [{ handle: 4, opened: 11, path: "/a", offset: 0n }, { handle: 5 | 1 << 16, opened: 12, path: "/b" }] }),
		frames.calls([read()]), frames.handles({ program: 7, handles: [{ handle: 5 | 1 << 16, flags: 0 }] }));
	const { handles } = model.programs.get(7);
	assert.deepEqual([...handles.keys()], [0, 3, 4]);
	assert.deepEqual([handles.get(4).path, handles.get(4).offset, handles.get(4).opened], ["/a", 12, 11]);
	assert.deepEqual(model.programs.get(7).leaks, []);
	for (const frame of new FrameReader().push(frames.ended({ program: 7, code: 0 })))
		model.take(frame);
	assert.deepEqual(model.programs.get(7).leaks.map(({ handle }) => handle), [4]);
});

test("a stop is known, and over when the program ends or the connection does", () => {
	const stopped = frames.state({ program: 7, mode: 2, state: 2, why: 2, breakpoint: 1, text: "path_open(3, \"a\")" });
	const model = modelOf(frames.welcome(), began, stopped);
	assert.deepEqual([model.programs.get(7).stopped, model.programs.get(7).stoppedAt], [true, "path_open(3, \"a\")"]);
	model.lose();
	assert.equal(model.programs.get(7).stopped, false);
	assert.equal(model.programs.get(7).ended.reason, "unknown");
	for (const frame of new FrameReader().push(began))
		model.take(frame);
	assert.equal(model.programs.get(7).ended, null); // it runs still
	for (const frame of new FrameReader().push(frames.ended({ program: 7, reason: 2 })))
		model.take(frame);
	assert.equal(model.programs.get(7).ended.reason, "killed");
});

test("output keeps its order, and characters that were cut in two are whole again", () => {
	const model = modelOf(began, frames.output({ program: 7, stream: 1, bytes: Buffer.from([0xe2, 0x82]) }),
		frames.output({ program: 7, stream: 2, bytes: "oops" }),
		frames.output({ program: 7, stream: 1, bytes: Buffer.from([0xac]) }), frames.output({ program: 7, stream: 0, bytes: "typed\n" }));
	assert.deepEqual(model.programs.get(7).output.pieces.map(({ stream, text }) => [stream, text]),
		[["stderr", "oops"], ["stdout", "\u20ac"], ["stdin", "typed\n"]]);
});

test("bounds hold: output, console, programs", () => {
	const model = modelOf(began);
	const take = (bytes) => new FrameReader().push(bytes).forEach((frame) => model.take(frame));
	for (let i = 0; i < 100; i++)
		take(frames.output({ program: 7, bytes: "x".repeat(10_000) }));
	const { output } = model.programs.get(7);
	const kept = output.pieces.reduce((sum, { text }) => sum + text.length, 0);
	assert.ok(kept <= 1 << 19);
	assert.equal(kept + output.gone, 1_000_000);
	for (let i = 0; i < 3000; i++)
		take(frames.consoleLine({ program: 7, text: `${i}` }));
	assert.deepEqual([model.console.length, model.console[0].text], [2000, "1000"]);
	for (let i = 10; i < 500; i++) {
		take(frames.program({ program: i, name: "more" }));
		take(frames.ended({ program: i, code: 0 }));
	}
	assert.ok(model.programs.size <= 200);
	assert.ok(model.programs.has(7), "one that runs stays");
});

test("a name that isn't UTF-8 is shown in bytes", () => {
	assert.equal(pathText(Buffer.from([0x61, 0xff, 0x2f])), "a\\xff/");
	assert.equal(pathText(Buffer.from("\u00e4")), "\u00e4");
});

test("a frame that is cut short is refused", () => {
	for (const [name, bytes] of [["calls", frames.calls([read()])], ["handles", frames.handles({ program: 7, handles: [{ handle: 4 }] })]]) {
		const [frame] = new FrameReader().push(bytes);
		assert.throws(() => new Model().take({ ...frame, body: frame.body.subarray(0, frame.body.length - 3) }), RangeError, name);
	}
	assert.equal(NO_HANDLE, 0xFFFFFFFF);
});
