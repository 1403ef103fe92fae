// --record and `wvwasi-gw replay` at the command line and on the wire: what a gateway writes, of whom, how much, and what it says. (Programs that are recorded
// and replayed: tests/browsers/recording.test.js.)
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { encodeRecord, decodeFields } from "../../static/shim/base/codec.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { recordingHead } from "../../static/shim/recording/sender.js";
import "../inflate.js";
import { after, test } from "../testing.js";
import { openFixture } from "./call-fixture.js";
import { CLOSE, FRAME, HELLO } from "./client.js";
import { binary } from "./gateway.js";
import { gatewayPid } from "./processes.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-recording-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const at = (name) => path.join(base, name);
const MAGIC = "wvwasi recording 1\n";
const RECORDABLE = HELLO.NEW | HELLO.CONTROL | HELLO.XHR | HELLO.STDIN_EOF | HELLO.RECORDABLE;
const about = { url: "", sha256: null, args: ["tool"], wait: "xhr", browser: "", started: 0 };
let count = 0;

/** A gateway that records, and a program in it whose page says that it can be: act({ file, fixture, control }). */
async function recorded(act, flags = []) {
	const file = at(`recording-${count++}`);
	const fixture = await openFixture(["--record", file, ...flags]);
	try {
		const control = await fixture.session.connect({ flags: RECORDABLE });
		await act({ file, fixture, control });
	} finally {
		await fixture.close();
	}
}

/** Sends it; gives RECORDED's fields once so many bytes are told of. */
async function send(control, bytes, upTo = bytes.length) {
	control.send(encodeRecord(bytes));
	return decodeFields(await control.next(FRAME.RECORDED, (frame) => decodeFields(frame)[0] >= upTo)).map(Number);
}

test("the first line says that secrets are in it, and the file is the user's alone", () => recorded(async ({ file, fixture, control }) => {
	assert.match(fixture.gateway.stderr(), /^wvwasi-gw: records programs in '[^']+': all that they read, their arguments and variables are in it, secrets too\n/);
	assert.equal(fs.statSync(file).mode & 0o777, 0o600);
	assert.equal(control.welcome.recorded, true);
}));

test("what the gateway told as written is in the file when it is killed", () => recorded(async ({ file, fixture, control }) => {
	const head = recordingHead(about), rest = crypto.randomBytes(100_000).fill(1, 50_000);
	await send(control, head);
	assert.deepEqual(await send(control, rest, head.length + rest.length), [head.length + rest.length, 0]);
	process.kill(gatewayPid(fixture.gateway.ready.pid), "SIGKILL");
	await control.closed;
	const { runs: [run] } = await openRecording(fs.readFileSync(file));
	assert.equal(run.size, head.length + rest.length);
	assert.deepEqual(run.program.args, ["tool"]);
	assert.match(run.end.cut, /^(damaged|gone)$/); // what was sent are no calls, or by chance half a one
}));

test("several programs: one file, a run each, told apart however they alternate", () => recorded(async ({ file, fixture, control }) => {
	const other = await fixture.session.connect({ flags: RECORDABLE });
	const heads = ["first", "second"].map((name) => recordingHead({ ...about, args: [name] }));
	const half = heads.map(({ length }) => length >> 1);
	await send(control, heads[0].subarray(0, half[0]));
	await send(other, heads[1].subarray(0, half[1]));
	await send(control, heads[0].subarray(half[0]), heads[0].length);
	await send(other, heads[1].subarray(half[1]), heads[1].length);
	const { runs } = await openRecording(fs.readFileSync(file));
	assert.deepEqual(runs.map(({ program }) => program.args), [["first"], ["second"]]);
}));

test("--limit record: it is full, which is said, and the program goes on", () => recorded(async ({ file, fixture, control }) => {
	await send(control, recordingHead(about));
	const [, over] = await send(control, crypto.randomBytes(64 << 10));
	assert.equal(over, 1);
	await fixture.gateway.says(/the recording '[^']+' has \d+ bytes, as many as --limit record allows/);
	assert.ok(fs.statSync(file).size <= 4096 + 64);
	assert.equal((await send(control, crypto.randomBytes(1000)))[1], 1);
	assert.deepEqual((await openRecording(fs.readFileSync(file))).runs[0].end, { cut: "full" });
	const { status } = await fixture.session.post("ticket", { "Wvwasi-Secret": fixture.session.secret }, "{}").then(() => ({ status: 200 }));
	assert.equal(status, 200);
}, ["--limit", "record=4K"]));

test("a program that its page takes part in isn't recorded, which is said before it starts", () => recorded(async ({ fixture }) => {
	const wire = await fixture.session.connect({ flags: HELLO.NEW | HELLO.STDIN_EOF });
	assert.equal(wire.welcome.recorded, false);
	await fixture.gateway.says(/program 2 '[^']*' isn't recorded: it is a component, or its page takes part in what it does \(imports of its own, WASI\.connect, connect\)/);
	wire.send(encodeRecord(Buffer.from("x")));
	assert.equal((await wire.closed).code, CLOSE.PROTOCOL);
}));

test("more than there is room for, and an empty part, end the program", async () => {
	const flood = Array.from({ length: 40 }, () => Buffer.alloc(1 << 20, 7));
	for (const [frames, reason] of [[flood, /more of a recording than there is room for/], [[Buffer.alloc(0)], /empty part/]])
		await recorded(async ({ control }) => {
			for (const bytes of frames)
				control.send(encodeRecord(bytes));
			const { code, reason: said } = await Promise.race([control.closed, control.next(FRAME.RECORDED, (frame) => decodeFields(frame)[0] >= 40 << 20)
				.then(() => ({ code: CLOSE.PROTOCOL, reason: "it kept up: more of a recording than there is room for" }))]);
			assert.equal(code, CLOSE.PROTOCOL);
			assert.match(said, reason);
		});
});

test("a page that is gone ends its run; the next one is recorded", () => recorded(async ({ file, fixture, control }) => {
	await send(control, recordingHead(about));
	control.socket.terminate();
	await fixture.gateway.next("program-end");
	await fixture.gateway.says(/program 1 is recorded: \d+ bytes in '[^']+', which has \d+/);
	const next = await fixture.session.connect({ flags: RECORDABLE });
	await send(next, recordingHead({ ...about, args: ["next"] }));
	assert.equal((await openRecording(fs.readFileSync(file))).runs.length, 2);
}));

/* ---- mistakes ---- */

const block = (kind, run, bytes) => {
	const head = Buffer.alloc(12);
	[kind, run, bytes.length].forEach((number, i) => head.writeUInt32LE(number, 4 * i));
	return Buffer.concat([head, bytes]);
};

fs.writeFileSync(at("tool.wasm"), Buffer.from("\0asm\x01\0\0\0", "latin1"));
fs.writeFileSync(at("taken"), "a file of the user's");
fs.writeFileSync(at("empty"), MAGIC);
fs.writeFileSync(at("cut"), MAGIC + "\x01\0");
fs.writeFileSync(at("damaged"), Buffer.concat([Buffer.from(MAGIC), block(2, 0, Buffer.from("x"))]));
fs.writeFileSync(at("apps"), Buffer.concat([Buffer.from(MAGIC), block(1, 0, Buffer.alloc(0))]));
fs.writeFileSync(at("gone"), Buffer.concat([Buffer.from(MAGIC), block(1, 0, Buffer.from("/nowhere/tool.wasm"))]));
fs.writeFileSync(at("long"), Buffer.concat([Buffer.from(MAGIC), block(1, 0, Buffer.alloc(5000, "a"))]));

for (const [what, args, says] of [
	["a file that is there", ["--record", "taken", "--", "tool.wasm"], /cannot record to 'taken': it is there already/],
	["a folder that isn't there", ["--record", "no/file", "--", "tool.wasm"], /No such file or directory: cannot record to 'no\/file'/],
	["no recording", ["replay", "taken"], /cannot replay 'taken': it is no recording of wvwasi-gw/],
	["one that isn't there", ["replay", "nothing"], /nothing/],
	["an empty one", ["replay", "empty"], /cannot replay 'empty': it is empty: no program has started/],
	["a cut one", ["replay", "cut"], /cannot replay 'cut': it is empty/],
	["a damaged one", ["replay", "damaged"], /cannot replay 'damaged': it is damaged/],
	["a path past all bounds", ["replay", "long"], /cannot replay 'long': it is damaged/],
	["an app's", ["replay", "apps"], /an app's page ran what 'apps' is of: name the program, as in: wvwasi-gw replay FILE PROGRAM/],
	["a program that has gone", ["replay", "gone"], /No such file.*'\/nowhere\/tool\.wasm'/],
	["grants", ["replay", "--dir", ".", "apps", "tool.wasm"], /replay takes no --dir: a replayed program is granted nothing/],
	["no words", ["replay"], /nothing to serve|replay takes a recording/],
	["too many words", ["replay", "apps", "tool.wasm", "argument"], /replay takes a recording, and the program if it isn't where it was/],
])
	test(`${what}: refused in a sentence`, async () => {
		const { code, stderr } = await promisify(execFile)(binary, ["--port", "0", ...args].sort((a, b) => (b === "replay") - (a === "replay")), { cwd: base, timeout: 20_000 })
			.then(() => ({ code: 0, stderr: "it started" }), (error) => error);
		assert.ok(code === 1 || code === 2, `${code} ${stderr}`);
		assert.match(stderr, says);
		assert.equal(fs.readFileSync(at("taken"), "utf8"), "a file of the user's");
	});

test("a start that fails leaves no file", async () => {
	const { code } = await promisify(execFile)(binary, ["--port", "0", "--record", "left", "--dir", "nowhere::/x", "--", "tool.wasm"], { cwd: base, timeout: 20_000 }).catch((error) => error);
	assert.ok(code);
	assert.ok(!fs.existsSync(at("left")));
});
