/* Small sends of a program on a connected socket: gathered in one call of one batch, in order, waited for before the socket or the program ends, and a
 * failure is told by the next call on that socket. That the bytes arrive is shown by tests/browsers/sends.test.js. */
import assert from "node:assert/strict";
import { CALL, Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { FDFLAGS } from "../../static/shim/base/fds.js";
import { SharedBatch } from "../../static/shim/base/shared-batch.js";
import { test } from "../testing.js";
import { fdstat, makeGuest } from "./guest.js";

const STREAM = 6, WR = 2, IOVEC = 1024, DATA = 4096, COUNT = 1040, FLAGS = 1048;

/* A program with a connection; serve: of other calls. shared: somebody else can send what is gathered. */
function connected(t, serve = () => undefined, { shared = true, flags = 0, coherence = "default" } = {}) {
	t.mock.method(performance, "now", () => 1000); // no ms passes, after which it would leave
	const sent = [];
	const guest = makeGuest({ coherence, serve: (call) => {
		const own = serve(call);
		if (own !== undefined)
			return own;
		if (call.name === "sock_send")
			sent.push(new TextDecoder().decode(call.args[2]));
		return { sock_accept: fdstat(STREAM, 0x1fffffff, flags), sock_send: bytesOf(call.args[2]?.length), sock_recv: bytesOf(0, "answer"),
			fd_write: bytesOf(1, "\0\0\0\0\0\0\0\0") }[call.name] ?? 0;
	} });
	if (shared)
		guest.program.pipeline.share(new SharedBatch(new SharedArrayBuffer(24 + (1 << 20) + (256 << 10)), () => {}));
	assert.equal(guest.call.sock_accept(3, 0, 512), 0);
	guest.asked.length = 0;
	return { ...guest, sent, fd: guest.memory.u32(512), calls: () => guest.asked.map(({ calls }) => calls.map(({ name }) => name)) };
}

function bytesOf(number, text = "") {
	const w = new Writer();
	w.u32(number ?? 0);
	w.raw(new TextEncoder().encode(text));
	return w.bytes.slice(0, w.at);
}

function iovec({ memory }, text) {
	memory.write(DATA, new TextEncoder().encode(text));
	memory.setU32(IOVEC, DATA);
	memory.setU32(IOVEC + 4, text.length);
}

function send(guest, text, fd = guest.fd) {
	iovec(guest, text);
	guest.memory.setU32(COUNT, 0);
	const errno = guest.call.sock_send(fd, IOVEC, 1, 0, COUNT);
	if (errno === 0)
		assert.ok(guest.memory.u32(COUNT) > 0 && guest.memory.u32(COUNT) <= text.length);
	return errno;
}

function receive(guest) {
	guest.memory.setU32(IOVEC, DATA);
	guest.memory.setU32(IOVEC + 4, 100);
	return guest.call.sock_recv(guest.fd, IOVEC, 1, 0, COUNT, FLAGS);
}

test("twenty small sends are one call, and leave with what the program waits for", (t) => {
	const guest = connected(t);
	for (let i = 0; i < 20; i++)
		assert.equal(send(guest, `line ${i}\n`), 0);
	assert.deepEqual(guest.calls(), []);
	assert.equal(receive(guest), 0);
	assert.deepEqual(guest.calls(), [["sock_send", "sock_recv"]]);
	assert.ok(guest.asked[0].calls[0].flags & CALL.QUIET);
	assert.equal(guest.sent.join(""), Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join(""));
});

test("fd_write on a connection is gathered with its sends, and another call between them keeps its place", (t) => {
	const guest = connected(t);
	assert.equal(send(guest, "one "), 0);
	iovec(guest, "two ");
	assert.equal(guest.call.fd_write(guest.fd, IOVEC, 1, COUNT), 0);
	assert.equal(guest.call.sock_accept(3, 0, 516), 0);
	const other = guest.memory.u32(516);
	assert.equal(send(guest, "three"), 0);
	assert.equal(send(guest, "other", other), 0);
	assert.equal(send(guest, "four"), 0);
	assert.equal(receive(guest), 0);
	assert.deepEqual(guest.sent, ["one two ", "three", "other", "four"]);
	assert.deepEqual(guest.calls(), [["sock_send", "sock_accept"], ["sock_send", "sock_send", "sock_send", "sock_recv"]]);
});

test("the socket's end waits for what was gathered, and isn't waited for itself; so does its program's", (t) => {
	const guest = connected(t);
	send(guest, "all");
	assert.equal(guest.call.fd_close(guest.fd), 0);
	assert.deepEqual(guest.asked.map(({ wait, calls }) => [wait, ...calls.map(({ name }) => name)]), [[true, "sock_send"], [false, "fd_close"]]);
	const ends = connected(t);
	send(ends, "all");
	assert.throws(() => ends.call.proc_exit(0), WebAssembly.RuntimeError);
	assert.deepEqual(ends.calls(), [["sock_send"], ["proc_exit"]]);
	const flags = connected(t);
	send(flags, "all");
	assert.equal(flags.call.fd_fdstat_set_flags(flags.fd, FDFLAGS.NONBLOCK), 0);
	assert.deepEqual(flags.calls(), [["sock_send"], ["fd_fdstat_set_flags"]], "which would cut it short");
	const shut = connected(t);
	send(shut, "all");
	assert.equal(shut.call.sock_shutdown(shut.fd, WR), 0);
	assert.deepEqual(shut.calls(), [["sock_send"], ["sock_shutdown"]]);
	assert.equal(send(shut, "more"), 0, "what the gateway says");
	assert.deepEqual(shut.calls().at(-1), ["sock_send"], "waited for");
});

test("what has left before without a wait is waited for by a send of nothing behind it", (t) => {
	const guest = connected(t);
	send(guest, "gone");
	guest.program.leave();
	assert.equal(guest.call.fd_close(guest.fd), 0);
	assert.deepEqual(guest.asked.map(({ wait, calls }) => [wait, ...calls.map(({ name, args }) => `${name} ${args[2]?.length ?? ""}`)]),
		[[false, "sock_send 4"], [true, "sock_send 0"], [false, "fd_close "]]);
});

const failing = ({ name, args }) => (name === "sock_send" && args[2].length > 0 ? ERRNO.PIPE : undefined);
for (const [what, act] of Object.entries({
	sock_send: (guest) => send(guest, "more"),
	fd_write: (guest) => (iovec(guest, "more"), guest.call.fd_write(guest.fd, IOVEC, 1, COUNT)),
	sock_recv: receive,
	sock_shutdown: (guest) => guest.call.sock_shutdown(guest.fd, WR),
	fd_close: (guest) => guest.call.fd_close(guest.fd),
}))
	test(`a gathered send that failed is the errno of the next call on its socket, once: ${what}`, (t) => {
		const guest = connected(t, failing);
		assert.equal(send(guest, "lost"), 0);
		assert.equal(guest.call.fd_fdstat_set_flags(guest.fd, 0), 0, "which waits for it, and says nothing");
		assert.equal(act(guest), ERRNO.PIPE);
		assert.deepEqual(guest.program.writeErrors, []);
		if (what !== "fd_close")
			assert.equal(guest.call.fd_close(guest.fd), 0);
	});

test("a failed send is told by the call that it travels with, unless that brought bytes; who ends without a call is told of by name", (t) => {
	const ended = connected(t, (call) => (call.name === "sock_recv" ? bytesOf(0) : failing(call)));
	send(ended, "lost");
	assert.equal(receive(ended), ERRNO.PIPE, "in place of the end");
	const brought = connected(t, failing);
	send(brought, "lost");
	assert.equal(receive(brought), 0);
	assert.equal(send(brought, "more"), ERRNO.PIPE);
	const silent = connected(t, failing);
	send(silent, "lost");
	assert.throws(() => silent.call.proc_exit(0), WebAssembly.RuntimeError);
	assert.deepEqual(silent.program.reportWriteErrors().map(({ call, name }) => [call, name]), [["sock_send", "PIPE"]]);
});

test("after a failure each send is waited for: nothing is sent behind a gap", (t) => {
	let fails = true;
	const guest = connected(t, (call) => (fails ? failing(call) : undefined));
	send(guest, "lost");
	assert.equal(receive(guest), 0);
	assert.equal(send(guest, "again"), ERRNO.PIPE);
	fails = false;
	guest.asked.length = 0;
	assert.equal(send(guest, "third"), 0);
	assert.deepEqual(guest.asked.map(({ wait }) => wait), [true]);
});

test("no socket has more than 128 KiB that may be unsent, nor more than 32 calls; then a send is waited for, and makes room", (t) => {
	const guest = connected(t), piece = "x".repeat(8000);
	let gathered = 0;
	for (; !guest.asked.some(({ wait }) => wait); gathered++)
		assert.equal(send(guest, piece), 0);
	assert.equal(gathered, Math.floor((128 << 10) / 8000) + 1);
	guest.asked.length = 0;
	for (let i = 0; i < 32; i++) {
		assert.equal(send(guest, "y"), 0);
		guest.program.leave();
	}
	assert.ok(guest.asked.every(({ wait }) => !wait));
	assert.equal(send(guest, "z"), 0);
	assert.ok(guest.asked.at(-1).wait);
	assert.equal(guest.sent.join("").length, gathered * 8000 + 33);
});

test("nonblocking sockets, large pieces, and programs in strict wait for each send", (t) => {
	for (const [options, text] of [[{ flags: FDFLAGS.NONBLOCK }, "text"], [{}, "x".repeat((32 << 10) + 1)], [{ coherence: "strict" }, "text"]]) {
		const guest = connected(t, undefined, options);
		assert.equal(send(guest, text), 0);
		assert.deepEqual(guest.asked.map(({ wait }) => wait), [true]);
	}
});

test("where nobody else can send what is gathered, a send leaves at once, and isn't waited for", (t) => {
	const guest = connected(t, undefined, { shared: false });
	for (const text of ["a", "b"])
		assert.equal(send(guest, text), 0);
	assert.deepEqual(guest.asked.map(({ wait }) => wait), [false, false]);
	assert.deepEqual(guest.sent, ["a", "b"]);
});

test("what was printed after a send is seen when the send is done, not before", (t) => {
	const guest = connected(t);
	send(guest, "first");
	iovec(guest, "then");
	guest.messages.push = function push(...parts) {
		assert.deepEqual(guest.sent, ["first"]);
		return Array.prototype.push.apply(this, parts);
	};
	assert.equal(guest.call.fd_write(1, IOVEC, 1, COUNT), 0);
	assert.deepEqual([guest.shown.length, guest.calls()], [1, [["sock_send"]]]);
});
