// w.fs and connect()'s calls in Node, against the real gateway and its disk: what node:fs/promises does is the measure.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";

import WebSocket from "ws";

import { connect } from "../../static/shim/calls.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { NUMBERS } from "../../static/shim/base/syscalls.js";
import { after, beforeEach, test } from "../testing.js";
import { openFixture } from "./call-fixture.js";

const fixture = await openFixture();
after(() => fixture.close());

/** JavaScript's calls, as a page of the gateway's app makes them. */
async function calls(options = {}) {
	const { origin } = fixture.session;
	class FromTheApp extends WebSocket {
		constructor(url, protocols) {
			super(url, protocols, { origin, perMessageDeflate: false });
		}
	}
	const [ticket] = await fixture.session.tickets();
	return connect({ ticket: () => ticket, url: `${origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket: FromTheApp, preopens: { "/work": "/" }, ...options });
}

const w = await calls();
after(() => w.close());
const read = (name) => fs.readFileSync(fixture.at(name), "utf8");
beforeEach(() => {
	for (const name of fs.readdirSync(fixture.folder))
		fs.rmSync(fixture.at(name), { recursive: true });
});

for (const [what, data, holds] of [
	["text", "a\u00e9", [0x61, 0xc3, 0xa9]], ["an ArrayBuffer", Uint8Array.of(1, 2).buffer, [1, 2]], ["a Uint8Array", Uint8Array.of(1, 2), [1, 2]],
	["a DataView of a part", new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2), [2, 3]],
	["a Float64Array, as its bytes", Float64Array.of(1), [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]], ["nothing", "", []],
])
	test(`writeFile writes ${what}`, async () => {
		await w.fs.writeFile("/work/f", data);
		assert.deepEqual([...fs.readFileSync(fixture.at("f"))], holds);
	});

for (const [what, data] of [["undefined", undefined], ["null", null], ["an object", { a: 1 }], ["a Blob", new Blob(["x"])], ["a number", 7],
		["an array", [1, 2]]])
	test(`writeFile refuses ${what} before it touches the file`, async () => {
		fs.writeFileSync(fixture.at("f"), "kept");
		await assert.rejects(w.fs.writeFile("/work/f", data), TypeError);
		await assert.rejects(w.fs.appendFile("/work/f", data), TypeError);
		assert.equal(read("f"), "kept");
	});

for (const [what, options] of [
	["a variable that is undefined", { env: { A: undefined } }], ["a variable that is a number", { env: { A: 1 } }],
	["a variable whose name has a =", { env: { "A=B": "c" } }],
	["an argument that is null", { args: ["a", null] }], ["an argument with a NUL", { args: ["a\0b"] }], ["stdin that is a number", { stdin: 5 }],
])
	test(`a guest isn't made with ${what}`, () => assert.rejects(calls(options), TypeError));

test("a variable may be bytes, and reaches the guest as they are", async () => {
	const its = await calls({ env: { A: Uint8Array.of(0xff, 0x41), B: "b" } });
	const env = await its.environ_get();
	assert.ok(env.includes("B=b"));
	assert.deepEqual(env.filter((value) => typeof value !== "string").map((value) => [...value]), [[0x41, 0x3d, 0xff, 0x41]]);
	its.close();
});

test("a '..' after a link leads to the parent of what the link names", async () => {
	fs.mkdirSync(fixture.at("releases/v2"), { recursive: true });
	fs.symlinkSync("releases/v2", fixture.at("current"));
	fs.writeFileSync(fixture.at("shared.conf"), "the wrong one");
	fs.writeFileSync(fixture.at("releases/shared.conf"), "the right one");
	assert.equal(await w.fs.readFile("/work/current/../shared.conf", "utf8"), "the right one");
	await w.fs.rm("/work/current/../shared.conf");
	assert.equal(read("shared.conf"), "the wrong one");
	assert.equal(fs.existsSync(fixture.at("releases/shared.conf")), false);
	assert.equal(await w.fs.readFile("/work/releases/v2/../../shared.conf", "utf8"), "the wrong one");
	assert.equal(await w.fs.readFile("/work/../work/./shared.conf", "utf8"), "the wrong one");
});

test("what isn't there has no parent, and neither has a file", async () => {
	fs.writeFileSync(fixture.at("file"), "");
	fs.writeFileSync(fixture.at("f"), "");
	await assert.rejects(w.fs.readFile("/work/none/../f"), { errno: ERRNO.NOENT });
	await assert.rejects(w.fs.readFile("/work/file/../f"), { errno: ERRNO.NOTDIR });
	assert.throws(() => fs.readFileSync(fixture.at("none") + "/../f"), { code: "ENOENT" }); // the kernel's own answers
	assert.throws(() => fs.readFileSync(fixture.at("file") + "/../f"), { code: "ENOTDIR" });
});

test("a name that isn't UTF-8 can be listed, read, renamed and removed", async () => {
	const odd = Buffer.concat([Buffer.from(`${fixture.folder}/d/`), Buffer.of(0xff, 0x61)]);
	fs.mkdirSync(fixture.at("d"));
	fs.writeFileSync(odd, "odd");
	fs.writeFileSync(fixture.at("d/even"), "even");
	const names = await w.fs.readdir("/work/d");
	const bytes = names.find((name) => typeof name !== "string");
	assert.deepEqual([...bytes], [0xff, 0x61]);
	const whole = Buffer.concat([Buffer.from("/work/d/"), bytes]);
	assert.equal(await w.fs.readFile(new Uint8Array(whole), "utf8"), "odd");
	await w.fs.rename(new Uint8Array(whole), "/work/d/plain");
	assert.equal(read("d/plain"), "odd");
	fs.writeFileSync(odd, "again");
	await w.fs.cp("/work/d", "/work/e", { recursive: true });
	assert.equal(fs.readFileSync(Buffer.concat([Buffer.from(`${fixture.folder}/e/`), Buffer.of(0xff, 0x61)]), "utf8"), "again");
	await w.fs.rm("/work/d", { recursive: true });
	await w.fs.rm("/work/e", { recursive: true });
	assert.deepEqual(fs.readdirSync(fixture.folder), []);
});

test("an error names the path that was given", async () => {
	await assert.rejects(w.fs.readFile("/work/none"), { errno: ERRNO.NOENT, path: "/work/none", message: /path_open: NOENT, '\/work\/none'/ });
	await assert.rejects(w.fs.rename("/work/none", "/work/to"), { errno: ERRNO.NOENT, path: "/work/none" });
	await assert.rejects(w.fs.stat("/elsewhere"), { errno: ERRNO.NOTCAPABLE, path: "/elsewhere", message: /in no granted folder/ });
});

test("a file handle reads, writes, cuts and dates as node's does", async () => {
	const file = await w.fs.open("/work/f", "w+");
	assert.equal(await file.write("hello world"), 11);
	assert.equal(await file.write("H", { position: 0 }), 1);
	assert.deepEqual([...await file.read({ length: 4, position: 1 })], [...Buffer.from("ello")]);
	await file.truncate(5);
	await file.utimes(1, new Date(2500));
	const { size, atime, mtime } = await file.stat();
	assert.deepEqual([size, atime.getTime(), mtime.getTime()], [5, 1000, 2500]);
	await file.sync();
	await file.close();
	assert.equal(read("f"), "Hello");
	assert.equal(fs.statSync(fixture.at("f")).mtimeMs, 2500);
	await assert.rejects(w.fs.open("/work/f", "wx"), { errno: ERRNO.EXIST });
	await assert.rejects(w.fs.open("/work/f", "rw"), TypeError);
});

test("files are appended to, copied, cut, dated", async () => {
	await w.fs.appendFile("/work/a", "one");
	await w.fs.appendFile("/work/a", " two");
	await w.fs.copyFile("/work/a", "/work/b");
	await assert.rejects(w.fs.copyFile("/work/a", "/work/b", { exclusive: true }), { errno: ERRNO.EXIST });
	await w.fs.truncate("/work/a", 3);
	await w.fs.utimes("/work/a", 10, 20);
	assert.deepEqual([read("a"), read("b"), fs.statSync(fixture.at("a")).mtimeMs], ["one", "one two", 20000]);
	fs.writeFileSync(fixture.at("long"), Buffer.alloc(3 << 20, "x"));
	await w.fs.copyFile("/work/long", "/work/long2");
	assert.equal(Buffer.compare(fs.readFileSync(fixture.at("long")), fs.readFileSync(fixture.at("long2"))), 0);
});

test("links are made, read and followed", async () => {
	await w.fs.writeFile("/work/a", "a");
	await w.fs.symlink("a", "/work/soft");
	await w.fs.link("/work/a", "/work/hard");
	assert.equal(await w.fs.readlink("/work/soft"), "a");
	assert.equal((await w.fs.lstat("/work/soft")).isSymbolicLink(), true);
	assert.equal((await w.fs.stat("/work/soft")).isFile(), true);
	assert.equal(fs.statSync(fixture.at("hard")).ino, fs.statSync(fixture.at("a")).ino);
	await w.fs.unlink("/work/soft");
	await assert.rejects(w.fs.unlink("/work/soft"), { errno: ERRNO.NOENT });
	assert.equal(read("a"), "a");
});

test("trees are made, copied with their links, and removed", async () => {
	await w.fs.mkdir("/work/t/.hidden/deep", { recursive: true });
	await w.fs.mkdir("/work/t/.hidden/deep", { recursive: true });
	await w.fs.writeFile("/work/t/.hidden/deep/f", "f");
	await w.fs.symlink("deep/f", "/work/t/.hidden/link");
	await w.fs.cp("/work/t", "/work/u", { recursive: true });
	assert.deepEqual([read("u/.hidden/deep/f"), fs.readlinkSync(fixture.at("u/.hidden/link"))], ["f", "deep/f"]);
	await assert.rejects(w.fs.cp("/work/t", "/work/t/in", { recursive: true }), { errno: ERRNO.INVAL });
	await assert.rejects(w.fs.cp("/work/t", "/work/v"), { errno: ERRNO.ISDIR });
	await assert.rejects(w.fs.rm("/work/t"), { errno: ERRNO.ISDIR });
	await assert.rejects(w.fs.rmdir("/work/t"), { errno: ERRNO.NOTEMPTY });
	await w.fs.rm("/work/t", { recursive: true });
	await w.fs.rm("/work/t", { force: true });
	await assert.rejects(w.fs.mkdir("/work/u"), { errno: ERRNO.EXIST });
	const made = await w.fs.mkdtemp("/work/tmp-");
	assert.match(made, /^\/work\/tmp-\w{6}$/);
	assert.deepEqual(fs.readdirSync(fixture.folder).sort(), [made.slice(6), "u"].sort());
});

test("calls that only pass their arguments on are made from their rows", async () => {
	const [{ fd }] = w.preopens;
	await w.path_create_directory(fd, "made");
	await w.path_symlink("made", fd, "link");
	await w.path_rename(fd, "made", fd, "moved");
	await w.path_link(fd, 0, "link", fd, "link2");
	assert.deepEqual(fs.readdirSync(fixture.folder).sort(), ["link", "link2", "moved"]);
	await assert.rejects(w.path_remove_directory(fd, "none"), { errno: ERRNO.NOENT, call: "path_remove_directory" });
	await assert.rejects(w.fd_sync(99), { errno: ERRNO.BADF, call: "fd_sync" });
	const own = Object.getPrototypeOf(w), offered = [own, Object.getPrototypeOf(own)].flatMap((of) => Object.getOwnPropertyNames(of))
		.filter((name) => /^(args|environ|clock|fd|path|poll|proc|random|sched|sock)_/.test(name));
	const wanted = Object.keys(NUMBERS).filter((name) => NUMBERS[name] < 0x8000 || ["fd_lock", "path_create_like"].includes(name)
		|| (NUMBERS[name] >= 0x8020 && name.startsWith("sock_")));
	assert.deepEqual(offered.sort(), [...wanted, "sock_dial", "sock_dialing"].sort(),
		"all of preview1, locks, files that replace others, and sockets, with the calls of one connection in one");
});

test("a source of stdin that fails isn't an end of input: the guest is lost, and says why", async () => {
	const cause = new Error("the disk was pulled out");
	const its = await calls({ stdin: (async function* () {
		yield "first";
		throw cause;
	})() });
	await assert.rejects(async () => {
		while ((await its.fd_read(0, 100)).length > 0);
		await its.fd_fdstat_get(0);
		await its.fd_read(0, 100);
	}, (error) => error === cause);
});

/** Another program's lock, by fcntl(2), of the whole file, until its stdin ends. */
async function nativeLock(file) {
	const child = spawn("python3",
		["-c", "import fcntl,sys\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint('held',flush=True)\nsys.stdin.read()", file]);
	await once(child.stdout, "data");
	return child;
}

test("a file is locked for one handle, against others' and native programs, in whole or in part", async () => {
	fs.writeFileSync(fixture.at("f"), "0123456789");
	const other = await calls();
	const [mine, theirs] = [await w.fs.open("/work/f", "r+"), await other.fs.open("/work/f", "r+")];
	assert.equal(await mine.lock({ exclusive: true, start: 2, length: 3 }), true);
	assert.equal(await theirs.lock({ wait: false }), false);
	assert.equal(await theirs.lock({ start: 5n, wait: false }), true);
	assert.deepEqual(await other.fd_lock(theirs.fd, 1, 2), { lock: 2, start: 2n, length: 3n });
	await mine.unlock({ start: 3, length: 1 });
	assert.equal(await theirs.lock({ start: 3, length: 1, wait: false }), true);
	await theirs.unlock();
	let had = false;
	const waits = theirs.lock({ exclusive: true }).then(() => (had = true));
	assert.equal((await other.fs.stat("/work/f")).size, 10, "who waits for a lock holds up no other call");
	assert.equal(had, false);
	await mine.close();
	await waits;
	const child = spawn("python3", ["-c", "import fcntl,sys\nfcntl.lockf(open(sys.argv[1],'r+'),fcntl.LOCK_EX|fcntl.LOCK_NB)", fixture.at("f")]);
	assert.notEqual((await once(child, "close"))[0], 0, "a native program respects it");
	other.close(); // and its locks are gone
	const native = await nativeLock(fixture.at("f"));
	const again = await w.fs.open("/work/f", "r+");
	assert.equal(await again.lock({ wait: false }), false, "a native program's is respected");
	const then = again.lock();
	native.stdin.end();
	assert.equal(await then, true);
	await again.close();
});

test("what waits for a lock ends with its handle; exclusive locks are for who may write", async () => {
	fs.writeFileSync(fixture.at("f"), "");
	const [mine, theirs, reads] = [await w.fs.open("/work/f", "r+"), await w.fs.open("/work/f", "r+"), await w.fs.open("/work/f")];
	await mine.lock({ exclusive: true });
	const waits = theirs.lock();
	await theirs.close();
	await assert.rejects(waits, { errno: ERRNO.BADF });
	await mine.close();
	await assert.rejects(reads.lock({ exclusive: true }), { errno: ERRNO.BADF });
	assert.equal(await reads.lock(), true);
	await reads.close();
	await assert.rejects(w.fd_lock(w.preopens[0].fd, 1), { errno: ERRNO.BADF });
});
