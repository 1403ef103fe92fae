// The page tells the worker when the gateway has all of a recording, in whichever order the two hear of it.
import assert from "node:assert/strict";
import test from "node:test";

import { RecordingSender } from "../../static/shim/recording/sender.js";

/* The control side, as far as a sender knows it. */
function senderOf(about) {
	const control = { sent: 0, record: bytes => void (control.sent += bytes.length), onrecorded: null };
	const its = { control, told: 0 };
	its.sender = new RecordingSender(control, null, about, () => its.told++);
	return its;
}
const about = Promise.resolve({ url: "", sha256: null, args: ["tool"], wait: "xhr", browser: "", started: 0 });
const part = () => ({ bytes: new Uint8Array(100), mark: null });

test("the end is told after the last part was written", async () => {
	const its = senderOf(about);
	await about;
	its.sender.receive(part());
	its.sender.finish();
	assert.equal(its.told, 0);
	its.control.onrecorded(its.control.sent, false);
	assert.equal(its.told, 1);
});

test("the last part is written before the end is told", async () => {
	const its = senderOf(about);
	await about;
	its.sender.receive(part());
	its.control.onrecorded(its.control.sent, false);
	assert.equal(its.told, 0);
	its.sender.finish();
	assert.equal(its.told, 1);
});

test("nothing is told before it is known what runs", async () => {
	let known;
	const its = senderOf(new Promise(resolve => (known = resolve)));
	its.sender.receive(part());
	its.sender.finish();
	assert.equal(its.told, 0);
	known(await about);
	await new Promise(resolve => setTimeout(resolve));
	its.control.onrecorded(its.control.sent, false);
	assert.equal(its.told, 1);
});
