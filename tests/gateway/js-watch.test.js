// w.fs.watch in Node, against the real gateway and its disk. The first half says what node's own tests of fs/promises.watch say.
import assert from "node:assert/strict";
import fs from "node:fs";

import WebSocket from "ws";

import { connect } from "../../static/shim/calls.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { after, beforeEach, test } from "../testing.js";
import { openFixture } from "./call-fixture.js";

const fixture = await openFixture();
after(() => fixture.close());

/** JavaScript's calls, as a page of the gateway's app makes them. */
async function calls() {
	const { origin } = fixture.session;
	class FromTheApp extends WebSocket {
		constructor(url, protocols) {
			super(url, protocols, { origin, perMessageDeflate: false });
		}
	}
	const [ticket] = await fixture.session.tickets();
	return connect({ ticket: () => ticket, url: `${origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket: FromTheApp, preopens: { "/work": "/" } });
}

const w = await calls();
after(() => w.close());
beforeEach(() => {
	for (const name of fs.readdirSync(fixture.folder, "buffer"))
		fs.rmSync(Buffer.concat([Buffer.from(`${fixture.folder}/`), name]), { recursive: true });
});
const text = ({ eventType, filename }) => `${eventType} ${filename}`;

/** Makes something happen, again and again, until the watch tells an event: from then on it is in effect. */
async function begun(watch, happen) {
	const first = watch.next();
	let told = false;
	first.then(() => (told = true), () => (told = true));
	while (!told) {
		happen();
		await w.fs.stat("/work"); // a turn of the gateway
	}
	return (await first).value;
}

/** What a watch of folder tells between its beginning and the appearance of a file named "end". */
async function during(folder, options, work) {
	const watch = w.fs.watch(folder, options);
	const at = (name) => `${fixture.folder}${folder.replace(/^.work/, "")}/${name}`;
	await begun(watch, () => fs.writeFileSync(at("begin"), ""));
	await work();
	fs.writeFileSync(at("end"), "");
	const seen = [];
	for await (const event of watch) {
		if (event.filename === "end")
			break;
		if (event.filename !== "begin")
			seen.push(text(event));
	}
	return seen;
}

for (const [what, path, touched] of [["a folder", "/work", "watched.txt"], ["a file", "/work/watched.txt", "watched.txt"]])
	test(`node: ${what} that is watched tells the name of what changes`, async () => {
		fs.writeFileSync(fixture.at(touched), "hello");
		const watch = w.fs.watch(path);
		let counter = 0;
		const { eventType, filename } = await begun(watch, () => fs.writeFileSync(fixture.at(touched), `world ${counter++}`));
		assert.equal(eventType, "change");
		assert.equal(filename, touched);
		assert.deepEqual(await watch.return(), { value: undefined, done: true });
	});

for (const [what, options] of [
	["a number", 1], ["persistent that isn't a boolean", { persistent: 1 }], ["recursive that isn't a boolean", { recursive: 1 }],
	["an encoding that is none", { encoding: "hello" }], ["a signal that is none", { signal: 1 }], ["a queue of nothing", { maxQueue: 0 }],
	["an overflow of its own", { overflow: "wait" }],
])
	test(`node: a watch is refused ${what}`, () => assert.rejects(w.fs.watch("/work", options).next(), TypeError));

test("node: what isn't there can't be watched, and the error names it", () =>
	assert.rejects(w.fs.watch("/work/missing").next(), (error) => error.errno === ERRNO.NOENT && error.path === "/work/missing"));

test("node: an aborted signal rejects, before and while it watches", async () => {
	const before = AbortSignal.abort(new Error("no more"));
	await assert.rejects(w.fs.watch("/work", { signal: before }).next(), { name: "AbortError" });
	const controller = new AbortController();
	const watch = w.fs.watch("/work", { signal: controller.signal });
	await begun(watch, () => fs.writeFileSync(fixture.at("begin"), ""));
	const rejects = assert.rejects(async () => {
		for await (const event of watch)
			assert.equal(event.filename, "begin");
	}, (error) => error.name === "AbortError" && error.cause.message === "enough");
	controller.abort(new Error("enough"));
	await rejects;
	assert.deepEqual(await watch.next(), { value: undefined, done: true });
});

test("node: with encoding buffer names are bytes, those that aren't UTF-8 too", async () => {
	const watch = w.fs.watch("/work", "buffer"), name = Buffer.from([0x61, 0xff]);
	const { filename } = await begun(watch, () => fs.writeFileSync(Buffer.concat([Buffer.from(`${fixture.folder}/`), name]), ""));
	assert.deepEqual(filename, new Uint8Array(name));
	await watch.return();
});

test("names that come and go are renames, content and attributes changes", async () => {
	for (const name of ["stays", "goes", "moves", "mode"])
		fs.writeFileSync(fixture.at(name), "");
	assert.deepEqual([...new Set(await during("/work", {}, async () => {
		fs.mkdirSync(fixture.at("folder"));
		fs.appendFileSync(fixture.at("stays"), "more");
		fs.rmSync(fixture.at("goes"));
		fs.renameSync(fixture.at("moves"), fixture.at("moved"));
		fs.chmodSync(fixture.at("mode"), 0o600);
	}))].sort(), ["change mode", "change stays", "rename folder", "rename goes", "rename moved", "rename moves"]);
});

test("what the page itself does is told too", async () => {
	const [first] = await during("/work", {}, () => w.fs.writeFile("/work/mine", ""));
	assert.equal(first, "rename mine");
});

test("recursive: what happens below is told by its path, in folders that come later too", async () => {
	fs.mkdirSync(fixture.at("a/b"), { recursive: true });
	const seen = await during("/work", { recursive: true }, async () => {
		fs.writeFileSync(fixture.at("a/b/deep"), "");
		fs.mkdirSync(fixture.at("new"));
		fs.writeFileSync(fixture.at("new/early"), "");
	});
	assert.deepEqual([...new Set(seen.filter((each) => each.startsWith("rename")))].sort(), ["rename a/b/deep", "rename new", "rename new/early"]);
	assert.deepEqual(await during("/work", {}, async () => fs.writeFileSync(fixture.at("a/other"), "")), [], "without recursive nothing below is told");
});

test("a thousand files at once are each told, though the promise about the folder ended before", async () => {
	const watch = w.fs.watch("/work");
	await begun(watch, () => fs.writeFileSync(fixture.at("begin"), ""));
	const missing = new Set(Array.from({ length: 1000 }, (_, i) => String(i)));
	for (const name of missing)
		fs.writeFileSync(fixture.at(name), "");
	for await (const { eventType, filename } of watch) {
		assert.ok(filename === "begin" || eventType === "rename" && missing.delete(filename), `${eventType} ${filename}`);
		if (missing.size === 0)
			break;
	}
});

test("two watches of one folder each hear of it, and one that ends leaves the other", async () => {
	const one = w.fs.watch("/work"), two = w.fs.watch("/work");
	await begun(one, () => fs.writeFileSync(fixture.at("begin"), ""));
	await begun(two, () => fs.appendFileSync(fixture.at("begin"), "."));
	await one.return();
	fs.writeFileSync(fixture.at("later"), "");
	for await (const { filename } of two)
		if (filename === "later")
			break;
});

test("events that nobody takes are bounded: dropped, or an error that says so", async () => {
	for (const [overflow, judge] of [["ignore", (watch) => watch.next()], ["throw", (watch) => assert.rejects(watch.next(), /more than 2 events/)]]) {
		const watch = w.fs.watch("/work", { maxQueue: 2, overflow }), other = w.fs.watch("/work");
		await begun(watch, () => fs.writeFileSync(fixture.at("begin"), ""));
		await begun(other, () => fs.appendFileSync(fixture.at("begin"), "."));
		for (const name of ["1", "2", "3", "4", `end-${overflow}`])
			fs.writeFileSync(fixture.at(name), "");
		for await (const { filename } of other)
			if (filename === `end-${overflow}`)
				break;
		await watch.next();
		await watch.next();
		if (overflow === "throw")
			await judge(watch);
		await watch.return();
	}
});

/* vscode 15111 and 46058: a watch of the first file alone hears of the first save, and of no other. */
for (const [what, save] of [
	["replaced, as editors save", (name) => {
		fs.writeFileSync(`${name}~`, String(Math.random()));
		fs.renameSync(`${name}~`, name);
	}],
	["removed and made again", (name) => {
		fs.rmSync(name);
		fs.writeFileSync(name, "again");
	}],
])
	test(`a watched file that is ${what} is told each time`, async () => {
		const name = fixture.at("saved");
		fs.writeFileSync(name, "");
		const end = new AbortController(), watch = w.fs.watch("/work/saved", { signal: end.signal }), folder = w.fs.watch("/work");
		await begun(watch, () => fs.appendFileSync(name, "."));
		await begun(folder, () => fs.appendFileSync(name, "."));
		let told = 0;
		const taken = (async () => {
			for await (const { filename } of watch)
				told += filename === "saved";
		})().catch(({ name: why }) => assert.equal(why, "AbortError"));
		for (let time = 0; time <= 5; time++) {
			if (time)
				save(name);
			fs.writeFileSync(fixture.at(`behind ${time}`), "");
			for await (const { filename } of { [Symbol.asyncIterator]: () => ({ next: () => folder.next() }) }) // without its end the watch goes on
				if (filename === `behind ${time}`)
					break;
			assert.ok(time === 0 || told > 0, `save ${time}`);
			told = 0;
		}
		end.abort();
		await Promise.all([folder.return(), taken]);
	});

test("a watched folder that is removed is told as its own rename", async () => {
	fs.mkdirSync(fixture.at("sub"));
	const watch = w.fs.watch("/work/sub");
	await begun(watch, () => fs.writeFileSync(fixture.at("sub/begin"), ""));
	fs.rmSync(fixture.at("sub"), { recursive: true });
	for await (const event of watch)
		if (text(event) === "rename sub")
			break;
});

test("a link is followed", async () => {
	fs.mkdirSync(fixture.at("real"));
	fs.symlinkSync("real", fixture.at("link"));
	const watch = w.fs.watch("/work/link");
	assert.equal((await begun(watch, () => fs.writeFileSync(fixture.at("real/begin"), ""))).filename, "begin");
	await watch.return();
});

test("when the connection is gone a watch rejects", async () => {
	const its = await calls();
	const watch = its.fs.watch("/work");
	await begun(watch, () => fs.writeFileSync(fixture.at("begin"), ""));
	const rejects = assert.rejects(async () => {
		for await (const event of watch)
			assert.equal(event.filename, "begin");
	}, { name: "GatewayLost" });
	its.close();
	await rejects;
});
