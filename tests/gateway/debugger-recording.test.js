// A debugger's record button on the wire: who may press it, which programs are recorded, and what comes. (The page's: tests/debugger/recording.test.js.)
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import * as watch from "../../static/inspector/codec.js";
import { Coming } from "../../static/inspector/recordbutton.js";
import { encodeRecord } from "../../static/shim/base/codec.js";
import { openRecording } from "../../static/shim/recording/reader.js";
import { recordingHead } from "../../static/shim/recording/sender.js";
import "../inflate.js";
import { test } from "../testing.js";
import { openFixture } from "./call-fixture.js";
import { FRAME, HELLO } from "./client.js";
import { ASK, Debugger, TO_DEBUGGER } from "./debugger.js";

const PLAIN = HELLO.NEW | HELLO.CONTROL | HELLO.XHR | HELLO.STDIN_EOF;
const RECORDABLE = PLAIN | HELLO.RECORDABLE;
const { FIRST, MORE, END, CUT, NOT } = watch.RECORDED;
const head = recordingHead({ url: "", sha256: null, args: ["tool"], wait: "xhr", browser: "", started: 0 });

/** A gateway with a debugger that may see contents: act({ fixture, debug }). */
async function watched(act, flags = []) {
	const fixture = await openFixture(flags);
	try {
		const debug = await Debugger.attach(fixture.gateway);
		const asked = new Promise((resolve) => fixture.gateway.events.once("question", resolve));
		debug.send(watch.encodeAsk(ASK.DATA));
		fixture.gateway.say({ do: "answer", question: (await asked).question, yes: true });
		await debug.next(TO_DEBUGGER.SCOPE);
		await act({ fixture, debug });
	} finally {
		await fixture.close();
	}
}

/** The button; until the gateway has heard of it. */
async function press(debug, isOn) {
	const scopes = () => debug.frames.filter(({ type }) => type === TO_DEBUGGER.SCOPE), before = scopes().length;
	debug.send(watch.encodeRecord(isOn));
	debug.send(watch.encodeAsk(ASK.DATA)); // is answered at once: you may already
	await debug.when(() => scopes()[before], "the answer behind it");
}

const parts = (debug, guest) => debug.frames.filter(({ type, program }) => type === TO_DEBUGGER.RECORDING && program === guest);
const part = (debug, guest, which) => debug.next(TO_DEBUGGER.RECORDING, ({ program, part: its }) => program === guest && its === which);

/** Sends it, and waits until the gateway has it. */
async function send(control, bytes, upTo) {
	control.send(encodeRecord(bytes));
	await control.next(FRAME.RECORDED, ({ body }) => Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0, true)) >= upTo);
}

/** A program that is recorded, does something, and ends; the parts that came of it. */
async function recordOne({ fixture, debug }, bytes) {
	const program = await fixture.session.connect({ flags: RECORDABLE });
	assert.equal(program.welcome.recorded, true);
	await send(program, head, head.length);
	await send(program, bytes, head.length + bytes.length);
	program.close();
	await part(debug, program.welcome.guest, END);
	return parts(debug, program.welcome.guest);
}

function fileOf(all) {
	const coming = new Coming(all[0].bytes);
	all.slice(1).filter(({ part: its }) => its === MORE).forEach(({ bytes }) => coming.add(bytes));
	return coming;
}

test("without the yes for contents nobody records", async () => {
	const fixture = await openFixture();
	const debug = await Debugger.attach(fixture.gateway);
	debug.send(watch.encodeRecord(true));
	assert.equal((await debug.closed).code, 4401);
	await fixture.close();
});

test("programs that start while the button is pressed are recorded: what comes is a file, and the terminal says so", () => watched(async ({ fixture, debug }) => {
	const before = await fixture.session.connect({ flags: RECORDABLE });
	assert.equal(before.welcome.recorded, false);
	await press(debug, true);
	const bytes = crypto.randomBytes(200_000), all = await recordOne({ fixture, debug }, bytes);
	assert.deepEqual([all[0].part, all.at(-1).part], [FIRST, END]);
	const { runs: [run] } = await openRecording(fileOf(all).file);
	assert.deepEqual(run.program.args, ["tool"]);
	assert.equal(run.size, head.length + bytes.length);
	assert.match(fixture.gateway.stderr(), /the debugger in .* records programs that start from now on: all that they read is in it/);

	await press(debug, false);
	const after = await fixture.session.connect({ flags: RECORDABLE });
	assert.equal(after.welcome.recorded, false);
}));

test("a program that can't be recorded is named to the debugger", () => watched(async ({ fixture, debug }) => {
	await press(debug, true);
	const { welcome } = await fixture.session.connect({ flags: PLAIN });
	assert.equal(welcome.recorded, false);
	assert.match(Buffer.from((await part(debug, welcome.guest, NOT)).bytes).toString(), /^it is a component/);
}));

test("--limit record bounds it: what came until then is a recording that was cut", () => watched(async ({ fixture, debug }) => {
	await press(debug, true);
	const program = await fixture.session.connect({ flags: RECORDABLE });
	await send(program, head, head.length);
	program.send(encodeRecord(crypto.randomBytes(100_000)));
	await part(debug, program.welcome.guest, CUT);
	const coming = fileOf(parts(debug, program.welcome.guest));
	coming.cut();
	const { runs: [run] } = await openRecording(coming.file);
	assert.deepEqual(run.end, { cut: "full" });
	assert.deepEqual(run.program.args, ["tool"]);
	program.close();
}, ["--limit", "record=20480"]));

test("beside --record both get all of it", async () => {
	const file = path.join(process.env.TMPDIR ?? "/tmp", `wvwasi-both-${process.pid}`);
	await watched(async ({ fixture, debug }) => {
		await press(debug, true);
		const bytes = crypto.randomBytes(50_000), all = await recordOne({ fixture, debug }, bytes);
		const theirs = Buffer.from(await fileOf(all).file.arrayBuffer());
		assert.deepEqual(fs.readFileSync(file), theirs);
	}, ["--record", file]);
	fs.rmSync(file);
});
