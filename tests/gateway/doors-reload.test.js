// --reload: who asks for changes hears of those of files that were served, and of no others; pages end with the script that asks.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, test } from "node:test";

import { startGateway } from "./gateway.js";
import { openDoors } from "./doors-fixture.js";
import { ask, get, post, Raw } from "./raw.js";

const fixture = await openDoors((root) => {
	fs.mkdirSync(path.join(root, "sub"));
	fs.writeFileSync(path.join(root, "index.html"), "<!doctype html><p>one");
	fs.writeFileSync(path.join(root, "404.html"), "<!doctype html><p>nothing");
	for (const name of ["app.js", "never-asked.js", "sub/data.bin", "target.txt"])
		fs.writeFileSync(path.join(root, name), name);
	fs.symlinkSync("../target.txt", path.join(root, "sub/link.txt"));
}, ["--reload"]);
after(() => fixture.close());
const at = (name) => path.join(fixture.root, name);
const stampNow = async () => (await fixture.get("/_wvwasi/changes")).body.toString();

/** Asks, and gives the answer's promise once the gateway has the question: a later one on the same connection would wait behind it. */
async function waitForChange() {
	const raw = await Raw.open(fixture.port);
	const stamp = await stampNow();
	raw.send(get(fixture.origin, `/_wvwasi/changes?${stamp}`));
	await fixture.isWell();
	return { stamp, changed: raw.answer().then(({ status, body }) => [status, body.toString() !== stamp]), raw };
}

test("a page ends with the script, fresh each time; the file and what isn't a page stay as they are", async () => {
	const { headers, body } = await fixture.get("/");
	const stamp = await stampNow();
	assert.equal(body.toString(), `<!doctype html><p>one\n<script type="module" src="/_wvwasi/reload.js?${stamp}"></script>\n`);
	assert.deepEqual([headers.etag, headers["cache-control"]], [undefined, "no-store"]);
	assert.equal(fs.readFileSync(at("index.html"), "utf8"), "<!doctype html><p>one");
	const missing = await fixture.get("/nothing/here", { "Sec-Fetch-Dest": "document" });
	assert.deepEqual([missing.status, missing.body.toString().includes("reload.js")], [404, true]);
	const script = await fixture.get("/app.js");
	assert.equal(script.body.toString(), "app.js");
	assert.ok(script.headers.etag);
	const head = await fixture.get("/", {}, "HEAD");
	assert.deepEqual([head.status, Number(head.headers["content-length"]), head.body.length], [200, body.length, 0]);
	assert.equal((await fixture.get("/_wvwasi/reload.js")).status, 200);
});

const CHANGES = {
	"written in place": { asked: "/app.js", change: () => fs.writeFileSync(at("app.js"), "two") },
	"replaced by rename": { asked: "/app.js", change: () => {
		fs.writeFileSync(at(".app.js.new"), "three");
		fs.renameSync(at(".app.js.new"), at("app.js"));
	} },
	"in a folder": { asked: "/sub/data.bin", change: () => fs.appendFileSync(at("sub/data.bin"), "x") },
	"written by the name that a link leads to": { asked: "/sub/link.txt", change: () => fs.writeFileSync(at("target.txt"), "x") },
	"not there when it was asked for": { asked: "/late.js", change: () => fs.writeFileSync(at("late.js"), "x") },
	"removed": { asked: "/sub/data.bin", change: () => fs.unlinkSync(at("sub/data.bin")) },
};
for (const [name, { asked, change }] of Object.entries(CHANGES))
	test(`a change is told: ${name}`, async () => {
		await fixture.get(asked);
		const { changed, raw } = await waitForChange();
		change();
		assert.deepEqual(await changed, [200, true]);
		raw.close();
	});

test("a file that no page asked for, and reading, change nothing; an older stamp is answered at once", async () => {
	await fixture.get("/app.js");
	const { stamp, changed, raw } = await waitForChange();
	fs.writeFileSync(at("never-asked.js"), "x");
	fs.writeFileSync(at("sub/other"), "x");
	fs.readFileSync(at("app.js"));
	await fixture.get("/app.js");
	assert.equal(await stampNow(), stamp);
	fs.writeFileSync(at("app.js"), "four"); // events come in order: had one of those been told, the answer would have come with another stamp
	await changed;
	const [before, after_] = [stamp, await stampNow()].map((text) => BigInt(`0x${text}`));
	assert.equal(after_ - before, 1n);
	assert.equal((await fixture.get(`/_wvwasi/changes?${stamp}`)).body.toString(), await stampNow());
	raw.close();
});

test("so many wait and no more; who hangs up makes room; the others hear of it all the same", async () => {
	const waiting = await Promise.all(Array.from({ length: 32 }, () => waitForChange()));
	const full = await fixture.get(`/_wvwasi/changes?${await stampNow()}`);
	assert.equal(full.status, 503);
	waiting[0].changed.catch(() => {});
	waiting[0].raw.close();
	const one = await waitForChange();
	fs.writeFileSync(at("app.js"), "five");
	for (const { changed, raw } of [...waiting.slice(1), one]) {
		assert.deepEqual(await changed, [200, true]);
		raw.close();
	}
});

test("it is no address for a POST, not there without --reload, and --reload needs a root", async () => {
	assert.equal((await ask(fixture.port, post(fixture.origin, "/_wvwasi/changes", "{}"))).status, 405);
	const plain = await startGateway(["--root", fixture.root]);
	assert.equal((await ask(plain.ready.port, get(plain.ready.url, "/_wvwasi/changes"))).status, 404);
	assert.doesNotMatch((await ask(plain.ready.port, get(plain.ready.url, "/"))).body.toString(), /reload/);
	await plain.stop();
	await assert.rejects(startGateway(["--reload", "--", at("app.js")]), /--reload requires --root/);
});
