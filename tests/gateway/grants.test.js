// --ask: folders that the user grants while it runs, and takes back. What a page can do about it, and what it can't.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";

import { encodeAsk } from "../../static/shim/base/codec.js";
import { CALL, FRAME, OPEN, RIGHTS, Session, call, handle, open } from "./client.js";
import { ASKED, NOTCAPABLE, answered, ask, openGranting, preopen, read, seen } from "./grants-fixture.js";
import { gatewayPid } from "./processes.js";
import { after, test } from "../testing.js";

const fixture = await openGranting(["--sandbox=require"]);
const { gateway, session } = fixture;
after(() => fixture.close());
const errnos = (results) => results.map(({ errno }) => errno);
const questions = () => gateway.log.filter(({ event }) => event === "question").length;

/** Grants without being asked. @returns {Promise<any>} the event */
const grant = (folder, on = fixture) => on.told({ do: "grant", folder }, "granted", "error");
const ungrant = (number, on = fixture) => on.told({ do: "ungrant", grant: number }, "grants", "error");

test("a page asks, the user names a folder, and programs that start afterwards see it by its name alone", async () => {
	const wire = await session.connect();
	ask(wire, 7, 1);
	const { question, text, folderIn } = await fixture.question();
	assert.match(text, /^A page in .* asks for a folder, to read and write in it\.$/);
	assert.equal(folderIn, fs.realpathSync(fixture.home));
	const granted = await fixture.told({ do: "answer", question, folder: "notes" }, "granted");
	assert.deepEqual(granted, { event: "granted", grant: granted.grant, folder: fixture.at("notes"), name: "/notes", readOnly: false });
	assert.deepEqual(await answered(wire, 7), { number: 7, verdict: ASKED.GRANTED, readonly: false, path: "/notes" });
	await wire.next(FRAME.GRANTS);
	assert.ok(!Object.hasOwn(seen(wire), "/notes"), "what runs keeps what it has");
	const later = await session.connect();
	assert.equal(seen(later)["/notes"], false);
	assert.equal(await read(later, "/notes", "todo"), "home/notes/todo");
	const [made] = await later.calls(open("new", handle(9), { dir: preopen(later, "/notes"), oflags: OPEN.create, rights: RIGHTS.both }));
	assert.equal(made.errno, 0, "the lock lets it");
	const out = [];
	for (const bad of ["..", "../pictures/sun", "../.secret/key", fixture.at("pictures/sun")])
		out.push(await read(later, "/notes", bad, handle(10 + out.length)));
	assert.deepEqual(out, [63, 63, 63, 63], "and nothing beside it");
	await ungrant(granted.grant);
	await Promise.all([wire.close(), later.close()]);
});

test("read-only is the user's choice, whatever the page asks for; a name for programs, too", async () => {
	const wire = await session.connect();
	ask(wire, 1, 1);
	const { question } = await fixture.question();
	const { grant: number } = await fixture.told({ do: "answer", question, folder: "~/notes::/mine:ro" }, "granted");
	assert.deepEqual(await answered(wire, 1), { number: 1, verdict: ASKED.GRANTED, readonly: true, path: "/mine" });
	const later = await session.connect();
	assert.equal(seen(later)["/mine"], true);
	const [made] = await later.calls(open("x", handle(9), { dir: preopen(later, "/mine"), oflags: OPEN.create, rights: RIGHTS.both }));
	assert.notEqual(made.errno, 0);
	assert.ok(!fs.existsSync(fixture.at("notes/x")));
	assert.match((await grant("pictures::/mine")).error, /another folder as '\/mine'/);
	assert.match((await grant("pictures::/a/../b")).error, /no name for programs/);
	const second = await grant("notes"), third = await grant("notes");
	assert.deepEqual([second.name, third.name], ["/notes", "/notes-2"]);
	for (const each of [number, second.grant, third.grant])
		await ungrant(each);
	await Promise.all([wire.close(), later.close()]);
});

test("what isn't granted, however it is named; the question stands until a folder is named that is", async () => {
	fs.symlinkSync("notes", fixture.at("link"));
	fs.symlinkSync("../.secret", fixture.at("pictures/hidden"));
	fs.mkdirSync(fixture.at("notes/others"));
	if (process.getuid() === 0)
		fs.chownSync(fixture.at("notes/others"), 65534, 65534);
	fs.mkdirSync(fixture.at("late"));
	const wire = await session.connect();
	ask(wire, 3);
	const { question } = await fixture.question();
	const others = process.getuid() === 0 ? [["notes/others", /belongs to another user/]] : [];
	for (const [folder, why] of [["..", /'\.\.'/], ["notes/../.secret", /'\.\.'/], ["~/notes/..", /'\.\.'/], [".secret", /hidden/], ["~/.secret", /hidden/],
		[`${fixture.home}/.secret`, /hidden/], ["notes/.git", /hidden/], ["~", /as a whole/], [".", /as a whole/], ["/", /isn't in/], ["/etc", /isn't in/],
		[`${fixture.home}x`, /isn't in/], [fixture.base, /isn't in/], ["link", /is a link/], ["link/deep", /is a link/], ["pictures/hidden", /is a link/],
		["notes/todo", /isn't a folder/], ["nowhere", /No such file/], ["late", /made after/], ["y".repeat(300), /too long/], ...others])
		assert.match((await fixture.told({ do: "answer", question, folder }, "granted", "error")).error ?? "granted", why, folder.slice(0, 80));
	assert.deepEqual((await fixture.told({ do: "grants" }, "grants")).grants, []);
	const { grant: number } = await fixture.told({ do: "answer", question, folder: "./notes//deep/" }, "granted");
	assert.deepEqual(await answered(wire, 3), { number: 3, verdict: ASKED.GRANTED, readonly: false, path: "/deep" });
	await ungrant(number);
	await wire.close();
});

test("one file: the page sees it and nothing beside it, whatever is beside it; what isn't granted, however it is named", async () => {
	fs.writeFileSync(fixture.at("loose"), "loose");
	const wire = await session.connect();
	ask(wire, 1, 4);
	const { question, text, wants } = await fixture.question();
	assert.match(text, /asks for a file, to read and write it\.$/);
	assert.equal(wants, "file");
	for (const [folder, why] of [["notes/link/x", /No such file/], ["notes", /as a whole|isn't a file/], ["notes/deep", /isn't a file/], ["notes/.git", /hidden/],
		["pictures/hidden", /is a link/], ["link/todo", /is a link/], [".secret/key", /hidden/], ["notes/../.secret/key", /'\.\.'/], ["loose", /as a whole/],
		["notes/", /no file/], ["notes/none", /No such file/], ["/etc/passwd", /isn't in/]])
		assert.match((await fixture.told({ do: "answer", question, folder }, "granted", "error")).error ?? "granted", why, folder);
	const granted = await fixture.told({ do: "answer", question, folder: "notes/todo" }, "granted");
	assert.deepEqual(granted, { event: "granted", grant: granted.grant, folder: fixture.at("notes/todo"), name: "/file/todo", readOnly: false });
	assert.deepEqual(await answered(wire, 1), { number: 1, verdict: ASKED.GRANTED, readonly: false, path: "/file/todo" });
	ask(wire, 2, 5);
	const save = await fixture.question();
	const made = await fixture.told({ do: "answer", question: save.question, folder: fixture.at("notes/made:ro"), readOnly: false }, "granted");
	assert.equal(made.name, "/file-2/made:ro", "a path that was picked is taken as it is");
	const later = await session.connect();
	assert.equal(await read(later, "/file", "todo"), "home/notes/todo");
	const out = [];
	for (const bad of ["..", "made:ro", "deep", "none", "../pictures/sun"])
		out.push(await read(later, "/file", bad, handle(10 + out.length)));
	assert.deepEqual(out, Array(5).fill(NOTCAPABLE));
	await ungrant(granted.grant);
	assert.equal(await read(later, "/file", "todo", handle(20)), NOTCAPABLE);
	await ungrant(made.grant);
	await Promise.all([wire.close(), later.close()]);
});

test("the page can't name the folder: what it sends beside its question is nothing to the user", async () => {
	const wire = await session.connect({ args: ["~/pictures"] });
	const bytes = Buffer.concat([encodeAsk(5, 0), Buffer.from("\n~/pictures\n")]);
	bytes.writeUInt32LE(bytes.length, 0);
	wire.send(bytes);
	const event = await fixture.question();
	assert.ok(!JSON.stringify({ ...event, folderIn: "" }).includes("pictures"), event.text);
	gateway.say({ do: "answer", question: event.question, yes: false });
	assert.equal((await answered(wire, 5)).verdict, ASKED.NO);
	assert.deepEqual((await fixture.told({ do: "grants" }, "grants")).grants, []);
	await wire.close();
});

test("a yes without a folder is none, and a question that was withdrawn can't be answered", async () => {
	const wire = await session.connect();
	ask(wire, 1);
	const { question } = await fixture.question();
	gateway.say({ do: "answer", question, yes: true });
	await gateway.says(/unknown command/);
	ask(wire, 1, 2);
	await wire.calls(call("clock_res_get", [0]));
	assert.match((await fixture.told({ do: "answer", question, folder: "notes" }, "granted", "error")).error, /isn't open any more/);
	ask(wire, 2);
	const again = await fixture.question();
	await wire.close();
	const other = await session.connect();
	ask(other, 9);
	await fixture.question();
	assert.match((await fixture.told({ do: "answer", question: again.question, folder: "notes" }, "granted", "error")).error, /isn't open any more/);
	await other.close();
	assert.deepEqual((await fixture.told({ do: "grants" }, "grants")).grants, []);
});

test("a page that asks a thousand times: one question, the others are refused; after ten noes in a row none is asked", async () => {
	const own = await openGranting();
	const wire = await own.session.connect(), other = await own.session.connect();
	const asked = () => own.gateway.log.filter(({ event }) => event === "question").length;
	for (let number = 1; number <= 1000; number++)
		ask(wire, number);
	for (let number = 2; number <= 1000; number++)
		assert.equal((await answered(wire, number)).verdict, ASKED.TOO_OFTEN);
	ask(other, 1);
	assert.equal((await answered(other, 1)).verdict, ASKED.TOO_OFTEN, "nor another program of that session");
	assert.equal(asked(), 1);
	own.gateway.say({ do: "answer", question: (await own.question()).question, yes: false });
	assert.equal((await answered(wire, 1)).verdict, ASKED.NO);
	for (let no = 2; no <= 10; no++) {
		ask(wire, no);
		const { question } = await own.question();
		if (no % 2) {
			ask(wire, no, 2); // a question that is taken back counts as much
		} else {
			own.gateway.say({ do: "answer", question, yes: false });
			await answered(wire, no);
		}
	}
	ask(wire, 5000);
	assert.equal((await answered(wire, 5000)).verdict, ASKED.TOO_OFTEN);
	assert.equal(asked(), 10);
	const another = await (await Session.enter(own.gateway)).connect();
	ask(another, 1);
	await own.question();
	assert.equal(asked(), 11, "another browser is asked for");
	await Promise.all([wire, other, another].map((each) => each.close()));
	await own.close();
});

test("a folder that is swapped for a link while it is granted is granted or refused, and nothing else ever is", async () => {
	fs.mkdirSync(fixture.at("notes/swapped"));
	fs.writeFileSync(fixture.at("notes/swapped/mark"), "ours");
	fs.writeFileSync(fixture.at(".secret/mark"), "secret");
	const stop = new Int32Array(new SharedArrayBuffer(8));
	const worker = new Worker(`const fs = require("node:fs"), { workerData: { at, to, stop } } = require("node:worker_threads");
		for (; !Atomics.load(stop, 0); Atomics.add(stop, 1, 1)) {
			fs.renameSync(at, at + "-away"); fs.symlinkSync(to, at); fs.unlinkSync(at); fs.renameSync(at + "-away", at);
		}`, { eval: true, workerData: { at: fixture.at("notes/swapped"), to: "../.secret", stop } });
	const came = { granted: 0, error: 0 };
	for (let i = 0; i < 400 || ((!came.granted || !came.error || stop[1] < 200) && i < 20_000); i++) {
		const event = await grant("notes/swapped");
		came[event.event]++;
		if (event.event === "error") {
			assert.match(event.error, /is a link|No such file/);
			continue;
		}
		if (i % 20 === 0) {
			const wire = await session.connect({ flags: 1 | 16 | 32, preopens: [{ name: "/s", grant: event.name, readOnly: true }] });
			assert.equal(await read(wire, "/s", "mark"), "ours");
			await wire.close();
		}
		await ungrant(event.grant);
	}
	Atomics.store(stop, 0, 1);
	await new Promise((resolve) => worker.once("exit", resolve));
	assert.ok(came.granted && came.error && stop[1] > 100, JSON.stringify({ ...came, swaps: stop[1] }));
});

test("a grant that is taken back in the middle of writes: what was answered is there, what is open fails from then on, closing works", async () => {
	const { grant: number } = await grant("notes"), wire = await session.connect(), at = handle(9), quiet = handle(10);
	const dir = preopen(wire, "/notes"), folder = handle(11);
	assert.deepEqual(errnos(await wire.calls(
		open("log", at, { dir, oflags: OPEN.create, rights: RIGHTS.both }), open("told", quiet, { dir, oflags: OPEN.create, rights: RIGHTS.both }),
		open("deep", folder, { dir, oflags: OPEN.directory }), call("fd_write", [quiet, 0n, Buffer.from("first ")]))), [0, 0, 0, 0]);
	let written = 0;
	const writing = (async () => {
		for (;;) {
			const [{ errno }] = await wire.calls(call("fd_write", [at, BigInt(written), Buffer.from("0123456789")]));
			if (errno)
				return errno;
			written += 10;
		}
	})();
	while (written < 500)
		await new Promise((resolve) => setImmediate(resolve));
	await ungrant(number);
	// What the program was told is done, in a batch that hadn't come yet.
	wire.batch([call("fd_write", [quiet, 6n, Buffer.from("and last")], CALL.QUIET)], { wait: false });
	assert.equal(await writing, NOTCAPABLE);
	assert.equal(fs.statSync(fixture.at("notes/log")).size, written);
	assert.deepEqual(errnos(await wire.calls(call("fd_pread", [at, 0n, 10]), call("fd_filestat_get", [at]), open("todo", handle(12), { dir }),
		open("../todo", handle(13), { dir: folder }), call("fd_readdir", [folder, 0n, 1000]), call("fd_write", [quiet, 14n, Buffer.from("!")]),
		call("path_rename", [dir, "log", dir, "gone"]))), Array(7).fill(NOTCAPABLE));
	assert.equal(fs.readFileSync(fixture.at("notes/told"), "utf8"), "first and last");
	assert.deepEqual(errnos(await wire.calls(call("fd_close", [at]), call("fd_close", [quiet]), call("fd_close", [folder]))), [0, 0, 0]);
	assert.ok(!Object.hasOwn(seen(await session.connect()), "/notes"));
	await assert.rejects(session.connect({ flags: 1 | 16 | 32, preopens: [{ name: "/n", grant: "/notes", readOnly: true }] }), /4405|closed/);
	const leaked = fs.readdirSync(`/proc/${gatewayPid(gateway.pid)}/fd`).map((fd) => {
		try {
			return fs.readlinkSync(`/proc/${gatewayPid(gateway.pid)}/fd/${fd}`);
		} catch {
			return "";
		}
	}).filter((to) => to === fixture.at("notes/log"));
	assert.deepEqual(leaked, []);
	await wire.close();
});

test("the bytes of an open file by a request: for who has the program's key, of what it may read, until the grant is taken back", async () => {
	const { grant: number } = await grant("notes"), wire = await session.connect(), at = handle(9), writes = handle(10), folder = handle(11);
	const dir = preopen(wire, "/notes"), text = "0123456789".repeat(1 << 20);
	fs.writeFileSync(fixture.at("notes/large"), text);
	assert.deepEqual(errnos(await wire.calls(open("large", at, { dir }), open("large", writes, { dir, rights: RIGHTS.write }),
		open("deep", folder, { dir, oflags: OPEN.directory }))), [0, 0, 0]);
	const bytes = async (which, range, key = wire.welcome.key) => {
		const response = await fetch(`${gateway.ready.url}/_wvwasi/bytes?${which}`, { headers: { "Range": range, ...key === null ? {} : { "Wvwasi-Guest": key } } });
		return [response.status, await response.text()];
	};
	assert.deepEqual(await bytes(at, "bytes=5-14"), [206, "5678901234"]);
	const [status, most] = await bytes(at, "bytes=0-");
	assert.deepEqual([status, most.length], [206, 8 << 20], "8 MiB at a time");
	for (const [which, range, want] of [[at, "bytes=10485760-", 416], [at, "bytes=a", 416], [writes, "bytes=0-9", 409], [folder, "bytes=0-9", 409],
		[handle(77), "bytes=0-9", 409], [dir, "bytes=0-9", 409], ["", "bytes=0-9", 409], ["4294967305", "bytes=0-9", 409]])
		assert.equal((await bytes(which, range))[0], want, `${which} ${range}`);
	for (const key of [null, "", "A".repeat(22), `${wire.welcome.key}A`])
		assert.equal((await bytes(at, "bytes=0-9", key))[0], 401, key);
	await ungrant(number);
	assert.equal((await bytes(at, "bytes=0-9"))[0], 409);
	await wire.close();
	assert.equal((await bytes(at, "bytes=0-9"))[0], 401);
	fs.rmSync(fixture.at("notes/large"));
});

test("where calls are made to fail, no bytes are had past them", async () => {
	const own = await openGranting(["--inject", "fd_pread:error=EIO"]), wire = await own.session.connect(), at = handle(9);
	await own.told({ do: "grant", folder: "notes" }, "granted");
	const later = await own.session.connect();
	assert.deepEqual(errnos(await later.calls(open("todo", at, { dir: preopen(later, "/notes") }))), [0]);
	const { status } = await fetch(`${own.gateway.ready.url}/_wvwasi/bytes?${at}`, { headers: { "Range": "bytes=0-3", "Wvwasi-Guest": later.welcome.key } });
	assert.equal(status, 409);
	await Promise.all([wire.close(), later.close()]);
	await own.close();
});

test("what the gateway had promised to tell of a withdrawn folder is told: its leases end", async () => {
	const { grant: number } = await grant("notes"), wire = await session.connect(), dir = preopen(wire, "/notes");
	const [{ errno }] = await wire.calls(call("lease_folder", [dir, ".", 4096]));
	assert.equal(errno, 0);
	await ungrant(number);
	await wire.next(FRAME.BROKEN);
	await wire.calls(call("sched_yield"));
	const { body } = await wire.next(FRAME.BREAK);
	assert.equal(Buffer.from(body).readUInt32LE(4), 0, "all of them");
	await wire.close();
});

test("nobody who isn't admitted asks, and without --ask nobody does", async () => {
	const wire = await session.dial(), before = questions();
	wire.send(encodeAsk(1, 0));
	assert.match((await wire.closed).reason, /the first frame isn't a hello/);
	const plain = await openGranting([], { ask: null }), program = await plain.session.connect();
	assert.equal(program.welcome.askable, false);
	ask(program, 1);
	assert.equal((await answered(program, 1)).verdict, ASKED.NEVER);
	assert.match((await grant("notes", plain)).error, /without --ask/);
	assert.equal(plain.gateway.log.filter(({ event }) => event === "question").length, 0);
	assert.equal(questions(), before);
	await program.close();
	await plain.close();
});

test("from another terminal: grant, grants, ungrant; a folder means what it means there", () => {
	const made = fixture.run("grant", "notes:ro");
	assert.match(made.stdout, /^granted: (\d+) {2}\S*\/home\/notes as \/notes, read-only\n$/, made.stderr);
	const number = made.stdout.match(/\d+/)[0];
	assert.equal(fixture.run("grants").stdout, made.stdout.replace("granted: ", ""));
	assert.match(fixture.run("grant", ".secret").stderr, /hidden/);
	assert.equal(fixture.run("grant").status, 2);
	assert.match(fixture.run("ungrant", "999").stderr, /no such grant/);
	assert.match(fixture.run("ungrant", number).stdout, /nothing was granted/);
});
