// Guests and their connections: beginnings, ends, and what is left behind (nothing).
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { CALL, CLOSE, END, ERRNO, FRAME, HELLO, OPEN, RIGHTS, Session, call, encodeBatch, handle, open, subscription } from "./client.js";
import * as codec from "../../static/shim/base/codec.js";
import { startGateway } from "./gateway.js";
import { descriptorsOf, seesDescriptors } from "./processes.js";
import { after, test } from "../testing.js";

const fixture = await openFixture(["--env", "FROM=gateway"]);
after(() => fixture.close());

const ended = (wire) => fixture.gateway.next("program-end", ({ guest }) => guest === wire.welcome.guest);

test("proc_exit: all is done when it is answered, and the exit code is told", async () => {
	const wire = await fixture.session.connect({ ...ROOT_ONLY, args: ["tool"] });
	const file = handle(5, 1);
	const [, , exit] = await wire.calls(open("done", file, { oflags: OPEN.create, rights: RIGHTS.both }), call("fd_write", [file, 0n, Buffer.from("done")]),
		call("proc_exit", [7]));
	assert.equal(exit.errno, 0);
	assert.equal(fs.readFileSync(fixture.at("done"), "utf8"), "done");
	assert.equal((await wire.closed).code, CLOSE.DONE);
	const event = await ended(wire);
	assert.deepEqual([event.exitCode, event.reason], [7, "exit"]);
});

test("an exit whose batch still waits is one, when a later batch closes what it waits for", async () => {
	const wire = await fixture.session.connect({ ...ROOT_ONLY, flags: HELLO.NEW | HELLO.PREOPENS });
	const waits = [call("fd_read", [0, 0n, 1]), call("proc_exit", [5])];
	const first = wire.batch(waits);
	wire.batch([call("fd_close", [0]), call("path_create_directory", [3, "too late"])]);
	assert.equal((await wire.answer(first, waits))[0].errno, ERRNO.BADF);
	assert.equal((await wire.closed).code, CLOSE.DONE);
	assert.deepEqual([(await ended(wire)).exitCode], [5]);
	assert.equal(fs.existsSync(fixture.at("too late")), false);
});

test("proc_raise ends with 128 and the signal", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	wire.batch([call("proc_raise", [15])]);
	assert.deepEqual([(await ended(wire)).exitCode], [143]);
});

for (const [reason, name] of [[END.TRAP, "trap"], [END.KILLED, "killed"]])
	test(`END says ${name}`, async () => {
		const wire = await fixture.session.connect(ROOT_ONLY);
		wire.send(codec.encodeEnd(reason, "unreachable\n    at main"));
		const event = await ended(wire);
		assert.equal(event.reason, name);
		assert.equal(event.exitCode ?? null, null);
		await wire.closed;
	});

test("a connection that breaks ends its guest: gone or lost", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	wire.socket.terminate();
	const { reason } = await ended(wire);
	assert.ok(["gone", "lost"].includes(reason), reason);
});

test("a control connection attaches once, with the key; END by it ends the guest", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const { guest, key } = wire.welcome;
	const control = await fixture.session.connect({ flags: HELLO.CONTROL, guest, key });
	assert.equal(control.welcome.guest, guest);
	const second = await fixture.session.dial();
	second.send(codec.encodeHello({ flags: HELLO.CONTROL, guest, key }));
	await second.next(FRAME.REFUSED);
	const stranger = await fixture.session.dial();
	stranger.send(codec.encodeHello({ flags: HELLO.CONTROL, guest, key: "B".repeat(22) }));
	assert.equal(codec.decodeRefused(await stranger.next(FRAME.REFUSED)).code, CLOSE.NO_GUEST);
	control.send(codec.encodeEnd(END.KILLED));
	assert.equal((await ended(wire)).reason, "killed");
	await wire.closed;
});

test("END names the last batch that counts: the guest ends when it was executed", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const { guest, key } = wire.welcome;
	const control = await fixture.session.connect({ flags: HELLO.CONTROL, guest, key });
	const file = handle(5, 1);
	const write = (at, words) => [call("fd_write", [file, BigInt(at), Buffer.from(words)], CALL.QUIET)];
	await wire.calls(open("counted", file, { oflags: OPEN.create, rights: RIGHTS.both }));
	control.send(encodeBatch(write(5, " last"), 3, 0, 0));
	control.send(codec.encodeEnd(END.KILLED, "over", 3));
	wire.send(encodeBatch(write(0, "first"), 2, 1, 0));
	const event = await ended(wire);
	assert.equal(event.reason, "killed");
	assert.equal(fs.readFileSync(fixture.at("counted"), "utf8"), "first last");
	assert.equal((await control.closed).code, CLOSE.DONE);
});

test("END doesn't wait for what can't come any more", async () => {
	for (const gone of [true, false]) { // the data connection; else a second has passed
		const wire = await fixture.session.connect(ROOT_ONLY);
		const { guest, key } = wire.welcome;
		const control = await fixture.session.connect({ flags: HELLO.CONTROL, guest, key });
		control.send(codec.encodeEnd(END.TRAP, "over", 3));
		if (gone)
			wire.socket.terminate();
		const event = await ended(wire);
		assert.deepEqual([event.reason, event.message], ["trap", "over"]);
		await control.closed;
	}
});

test("another session's guest can't be attached to", async () => {
	const wire = await fixture.session.connect(ROOT_ONLY);
	const other = await Session.enter(fixture.gateway);
	const thief = await other.dial();
	thief.send(codec.encodeHello({ flags: HELLO.CONTROL, guest: wire.welcome.guest, key: wire.welcome.key }));
	assert.equal(codec.decodeRefused(await thief.next(FRAME.REFUSED)).code, CLOSE.NO_GUEST);
	await wire.close();
});

test("the gateway's --env and the page's env are merged, the page's over the gateway's", async () => {
	const wire = await fixture.session.connect({ ...ROOT_ONLY, args: ["a", "b c"], env: ["MINE=1", "FROM=page"] });
	const texts = (list) => list.map((bytes) => Buffer.from(bytes).toString()).sort();
	assert.deepEqual(texts(wire.welcome.args), ["a", "b c"]);
	assert.deepEqual(texts(wire.welcome.env), ["FROM=page", "MINE=1"]);
	await wire.close();
});

test("the default /tmp is private to a guest, and gone with it", async () => {
	const gateway = await startGateway(["--root", path.join(fixture.base, "root")]);
	try {
		const session = await Session.enter(gateway);
		const [one, two] = [await session.connect(), await session.connect()];
		assert.deepEqual(one.welcome.preopens.map(({ name }) => name), ["/", "/tmp", "/dev"]);
		assert.equal(one.welcome.preopens[0].readOnly, true);
		const file = handle(9, 1);
		const made = await one.calls(open("scratch-file-of-one", file, { dir: 4, oflags: OPEN.create, rights: RIGHTS.both }),
			call("fd_write", [file, 0n, Buffer.from("x")]), call("path_create_directory", [4, "folder"]));
		assert.deepEqual(made.map(({ errno }) => errno), [0, 0, 0]);
		assert.equal((await two.calls(call("path_filestat_get", [4, 0, "scratch-file-of-one"])))[0].errno, 44);
		const parent = path.join(os.tmpdir(), `wvwasi-gw-${process.getuid()}`);
		const holds = () => fs.readdirSync(parent, { recursive: true, withFileTypes: true }).length;
		const find = () => fs.readdirSync(parent).flatMap((name) => {
			try {
				return fs.readdirSync(path.join(parent, name));
			} catch {
				return [];
			}
		}).filter((name) => name === "scratch-file-of-one");
		assert.ok(holds() > 0);
		assert.deepEqual(find(), ["scratch-file-of-one"]);
		await one.close();
		for (let i = 0; i < 100 && find().length; i++)
			await new Promise((resolve) => setTimeout(resolve, 20));
		assert.deepEqual(find(), []);
		await two.close();
	} finally {
		await gateway.stop();
	}
});

test("SIGTERM: running programs are told, and the gateway ends by itself, with 0", async () => {
	const gateway = await startGateway(["--root", path.join(fixture.base, "root")]);
	const session = await Session.enter(gateway);
	const wire = await session.connect();
	wire.batch([call("poll_oneoff", [subscription({ userdata: 1, clock: 1, timeout: 3600e9 })])]);
	await wire.calls(call("sched_yield"));
	const stopped = gateway.stop();
	const told = await wire.next(FRAME.ENDED);
	assert.equal(codec.decodeEnded(told).reason, END.GATEWAY);
	assert.equal((await wire.closed).code, CLOSE.GATEWAY);
	assert.deepEqual(await stopped, { code: 0, signal: null });
});

test("a thousand guests, one after the other, leave no descriptor behind", { timeout: 120_000, skip: !seesDescriptors && "only root sees descriptors" },
	async () => {
	const descriptors = () => children(fixture.gateway.pid).reduce((sum, pid) => sum + descriptorsOf(pid), 0);
	const visit = async () => {
		const wire = await fixture.session.connect(ROOT_ONLY);
		await wire.calls(open("done", handle(5, 1), { oflags: OPEN.create, rights: RIGHTS.both }), call("fd_readdir", [3, 0n, 4096]));
		await wire.close();
	};
	for (let i = 0; i < 20; i++)
		await visit();
	const before = descriptors();
	for (let i = 0; i < 1000; i++)
		await visit();
	for (let i = 0; i < 50 && descriptors() > before; i++)
		await new Promise((resolve) => setTimeout(resolve, 20));
	assert.ok(descriptors() <= before, `${before} before, ${descriptors()} after`);
});

/** A process and its children. */
function children(pid) {
	const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
	return [pid, ...(text ? text.split(" ").flatMap((child) => children(Number(child))) : [])];
}
