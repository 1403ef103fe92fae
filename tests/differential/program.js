// The page's side of a program in Node, against a real gateway and without wasm: the imports are called as a program would, one after the other.
// Nothing of the shim is replaced but the way to wait, which is jspi's with Node's WebSocket.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import WebSocket from "ws";

import { FRAME } from "../../static/shim/base/codec.js";
import { Connection } from "../../static/shim/gateway/connection.js";
import { makeHello } from "../../static/shim/gateway/hello.js";
import { makeImports, makeSocketImports } from "../../static/shim/imports/index.js";
import { Output } from "../../static/shim/base/output.js";
import { Program } from "../../static/shim/program/program.js";
import { MISS } from "../../static/shim/base/trampoline.js";
import { suspendingWait } from "../../static/shim/wait/step.js";

const RIGHTS = 0x1fffffff, READ = 2 | 4 | 32 | 1 << 21, WRITE = 64, LIST = 1 << 13 | 1 << 14 | 1 << 18 | 1 << 21;
const OFLAG = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };
const PATH = 1024, OTHER_PATH = 8192, RESULT = 512, IOVEC = 16, DATA = 1 << 16, DATA_MAX = 8 << 20;
const DIRENT = 24;
const ROOT = 3, SET_TIMES = 1 | 4;

const halves = (number) => [number >>> 0, Math.floor(number / 2 ** 32)];

/** A program over the folder that the gateway grants as "/". */
export class NodeProgram {
	#imports;
	#wait;
	/** Calls of which it was told before they were done. */
	foreseen = 0;

	/**
	 * @param {import("../gateway/client.js").Session} session
	 * @param {{ coherence?: string, grant?: string, name?: string, predictors?: object,
	 *   inject?: string[] }} options name: by which its starts are remembered
	 */
	static async start(session, { coherence = "default", grant = "/", name = null, predictors = {}, inject } = {}) {
		const started = new NodeProgram();
		const { hello } = makeHello({ coherence, preopens: { "/": grant }, inject }, 0, name);
		const [ticket] = await session.tickets();
		class Socket extends WebSocket {
			constructor(url, protocols) {
				super(url, protocols, { origin: session.origin, perMessageDeflate: false, maxPayload: 64 << 20, lookup: (_, options, found) =>
					(options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4)) });
			}
		}
		const connection = await Connection.open({ ticket, hello, url: `${session.origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket });
		started.#begin(connection, { flags: hello.flags, coherence, predictors });
		const { program } = started;
		if (program.cache.begin()) {
			program.settle(() => 0);
			await started.#wait();
		}
		return started;
	}

	#begin(connection, options) {
		const output = new Output(() => {});
		const wakeups = new Int32Array(new SharedArrayBuffer(4));
		const program = this.program = new Program({ welcome: connection.welcome, output, stdin: null, wait: "jspi", foresees: true, wakeups, ...options });
		const foresee = program.foresee.bind(program);
		program.foresee = (...call) => {
			this.foreseen++;
			return foresee(...call);
		};
		this.connection = connection;
		const { pipeline, memory } = program;
		memory.bind(this.memory = new WebAssembly.Memory({ initial: (DATA + DATA_MAX) >> 16 }));
		connection.onframe = (frame) => (frame.type === FRAME.BROKEN ? Atomics.add(wakeups, 0, 1) : pipeline.receive(frame));
		connection.onclose = (error) => pipeline.lose(error);
		program.post = (bytes) => connection.send(bytes);
		Object.assign(program, { canAwait: true, turnMax: Infinity, sendsWhenItWaits: true, canSleep: true });
		const exchange = (bytes, flight) => new Promise((resolve) => {
			if (flight.answered)
				return resolve();
			flight.waiter = resolve;
			return bytes && connection.send(bytes);
		});
		this.#wait = suspendingWait(program, exchange, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
		this.#imports = { ...makeImports(program), ...makeSocketImports(program) };
	}

	/** An import, with its i32: its errno. Throws where the program would be over. */
	async call(name, ...args) {
		const result = this.#imports[name](...args);
		const errno = result === MISS ? await this.#wait() : result;
		if (this.program.pipeline.lost)
			throw this.program.pipeline.lost;
		return errno;
	}

	#put(text, at = PATH) {
		const bytes = Buffer.from(text, "latin1");
		this.program.memory.refresh();
		this.program.memory.write(at, bytes);
		return [at, bytes.length];
	}

	#u32(at) {
		this.program.memory.refresh();
		return this.program.memory.u32(at);
	}

	/* ---- what a program does to files: each gives { errno } and what there is to know ---- */

	async onPath(name, path) {
		return { errno: await this.call(name, ROOT, ...this.#put(path)) };
	}

	mkdir(path) {
		return this.onPath("path_create_directory", path);
	}

	rmdir(path) {
		return this.onPath("path_remove_directory", path);
	}

	unlink(path) {
		return this.onPath("path_unlink_file", path);
	}

	/** The 64 bytes of path_filestat_get; follow: where a link leads. */
	async stat(path, follow = false) {
		const errno = await this.call("path_filestat_get", ROOT, follow ? 1 : 0, ...this.#put(path), RESULT);
		return errno ? { errno } : { errno, filestat: this.program.memory.read(RESULT, 64) };
	}

	async rename(from, to) {
		return { errno: await this.call("path_rename", ROOT, ...this.#put(from), ROOT, ...this.#put(to, OTHER_PATH)) };
	}

	async link(from, to) {
		return { errno: await this.call("path_link", ROOT, 0, ...this.#put(from), ROOT, ...this.#put(to, OTHER_PATH)) };
	}

	async symlink(target, path) {
		return { errno: await this.call("path_symlink", ...this.#put(target, OTHER_PATH), ROOT, ...this.#put(path)) };
	}

	async readlink(path) {
		const errno = await this.call("path_readlink", ROOT, ...this.#put(path), DATA, 4096, RESULT);
		return errno ? { errno } : { errno, target: this.#text(this.#u32(RESULT)) };
	}

	#text(length, at = DATA) {
		return Buffer.from(this.program.memory.read(at, length)).toString("latin1");
	}

	async open(path, { oflags = 0, rights = READ, fdflags = 0, lookup = 1 } = {}) {
		const errno = await this.call("path_open", ROOT, lookup, ...this.#put(path), oflags, rights, 0, RIGHTS, 0, fdflags, RESULT);
		return errno ? { errno } : { errno, fd: this.#u32(RESULT) };
	}

	async close(fd) {
		return { errno: await this.call("fd_close", fd) };
	}

	/* One buffer, as fd_read and the like take it. */
	#iovec(length) {
		this.program.memory.refresh();
		this.program.memory.setU32(IOVEC, DATA);
		this.program.memory.setU32(IOVEC + 4, length);
		return [IOVEC, 1];
	}

	/** Reads on, `length` bytes at most. */
	async read(fd, length) {
		const errno = await this.call("fd_read", fd, ...this.#iovec(length), RESULT);
		return errno ? { errno } : { errno, bytes: this.#text(this.#u32(RESULT)) };
	}

	async pread(fd, length, offset) {
		const errno = await this.call("fd_pread", fd, ...this.#iovec(length), ...halves(offset), RESULT);
		return errno ? { errno } : { errno, bytes: this.#text(this.#u32(RESULT)) };
	}

	/** text: latin1 */
	async write(fd, text) {
		this.#put(text, DATA);
		const errno = await this.call("fd_write", fd, ...this.#iovec(text.length), RESULT);
		return errno ? { errno } : { errno, wrote: this.#u32(RESULT) };
	}

	async pwrite(fd, text, offset) {
		this.#put(text, DATA);
		const errno = await this.call("fd_pwrite", fd, ...this.#iovec(text.length), ...halves(offset), RESULT);
		return errno ? { errno } : { errno, wrote: this.#u32(RESULT) };
	}

	async seek(fd, delta, whence) {
		const errno = await this.call("fd_seek", fd, ...halves(delta), whence, RESULT);
		return errno ? { errno } : { errno, offset: this.#u32(RESULT) };
	}

	/** As stat, of an open file. */
	async fstat(fd) {
		const errno = await this.call("fd_filestat_get", fd, RESULT);
		return errno ? { errno } : { errno, filestat: this.program.memory.read(RESULT, 64) };
	}

	async setSize(fd, size) {
		return { errno: await this.call("fd_filestat_set_size", fd, ...halves(size)) };
	}

	/** Of a file that is open, in seconds. */
	async setTimes(fd, seconds) {
		return { errno: await this.call("fd_filestat_set_times", fd, ...halves(seconds * 1e9), ...halves(seconds * 1e9), SET_TIMES) };
	}

	/** Of what a path names; a link isn't followed. */
	async times(path, seconds) {
		return { errno: await this.call("path_filestat_set_times", ROOT, 0, ...this.#put(path), ...halves(seconds * 1e9), ...halves(seconds * 1e9),
			SET_TIMES) };
	}

	async sync(fd) {
		return { errno: await this.call("fd_sync", fd) };
	}

	/** Drops all other rights: nothing is promised of such a descriptor. */
	async narrow(fd, rights) {
		return { errno: await this.call("fd_fdstat_set_rights", fd, rights, 0, 0, 0) };
	}

	/** The beginning of an open folder's listing. */
	async readdir(fd) {
		const errno = await this.call("fd_readdir", fd, DATA, 4096, 0, 0, RESULT);
		return errno ? { errno } : { errno, used: this.#u32(RESULT) };
	}

	/** Locks the whole open file, for itself alone. */
	async lock(fd) {
		return { errno: await this.call("fd_lock", fd, 2, 0, 0, 0, 0, 0, 0) };
	}

	/** The whole file, in pieces of `piece` bytes. */
	async readFile(path, piece = 4096) {
		const { errno, fd } = await this.open(path);
		if (errno)
			return { errno };
		const parts = [];
		let failed = 0;
		for (;;) {
			const { errno: bad, bytes } = await this.read(fd, piece);
			failed = bad;
			if (bad || bytes === "")
				break;
			parts.push(bytes);
		}
		await this.close(fd);
		return failed ? { errno: failed } : { errno: 0, bytes: parts.join("") };
	}

	/** Writes it anew (or on to it), in pieces. */
	async writeFile(path, text, { append = false, piece = 65536 } = {}) {
		const { errno, fd } = await this.open(path, { oflags: OFLAG.CREAT | (append ? 0 : OFLAG.TRUNC), rights: READ | WRITE | 1 << 22,
			fdflags: append ? 1 : 0 });
		if (errno)
			return { errno };
		let failed = 0;
		for (let at = 0; at < text.length && !failed; at += piece)
			failed = (await this.write(fd, text.slice(at, at + piece))).errno;
		const { errno: late } = await this.close(fd);
		return { errno: failed || late };
	}

	/** Names and types of a folder, in order of their names: [["name", filetype]]. */
	async list(path, size = 4096) {
		const { errno, fd } = await this.open(path, { oflags: OFLAG.DIRECTORY, rights: LIST });
		if (errno)
			return { errno };
		const names = [];
		let cookie = 0, failed = 0;
		for (;;) {
			failed = await this.call("fd_readdir", fd, DATA, size, ...halves(cookie), RESULT);
			if (failed)
				break;
			const used = this.#u32(RESULT);
			const view = this.program.memory.view;
			let last = cookie;
			for (let at = DATA; at + DIRENT <= DATA + used;) {
				const length = view.getUint32(at + 16, true);
				if (at + DIRENT + length > DATA + used)
					break;
				last = Number(view.getBigUint64(at, true));
				names.push([this.#text(length, at + DIRENT), view.getUint8(at + 20)]);
				at += DIRENT + length;
			}
			if (used < size || last === cookie)
				break;
			cookie = last;
		}
		await this.close(fd);
		return failed ? { errno: failed } : { errno: 0, names: names.filter(([name]) => name !== "." && name !== "..").sort(([a], [b]) => (a < b ? -1 : 1)) };
	}

	/** The folder and all in it. */
	async remove(path) {
		const { errno, names } = await this.list(path);
		if (errno)
			return { errno };
		for (const [name, type] of names) {
			const { errno: bad } = await (type === 3 ? this.remove(`${path}/${name}`) : this.unlink(`${path}/${name}`));
			if (bad)
				return { errno: bad };
		}
		return this.rmdir(path);
	}

	/** Waits until all that it did is done. */
	/** Connects to a port of this machine, sends the pieces, says that no more comes, and receives till the end. */
	async converse(port, pieces) {
		const { memory } = this.program, errnos = [];
		errnos.push(await this.call("sock_open/3", 1, 2, RESULT)); // IPv4, a stream
		const fd = this.#u32(RESULT);
		this.#put("\x7f\0\0\x01", OTHER_PATH);
		memory.setU32(IOVEC, OTHER_PATH);
		memory.setU32(IOVEC + 4, 4);
		errnos.push(await this.call("sock_connect/3", fd, IOVEC, port));
		for (const piece of pieces) {
			const [at, length] = this.#put(piece, DATA);
			memory.setU32(IOVEC, at);
			memory.setU32(IOVEC + 4, length);
			errnos.push(await this.call("sock_send", fd, IOVEC, 1, 0, RESULT));
		}
		errnos.push(await this.call("sock_shutdown", fd, 2));
		let text = "", length;
		do {
			memory.setU32(IOVEC, DATA);
			memory.setU32(IOVEC + 4, 4096);
			errnos.push(await this.call("sock_recv", fd, IOVEC, 1, 0, RESULT, RESULT + 4));
			length = this.#u32(RESULT);
			text += Buffer.from(memory.read(DATA, length)).toString("latin1");
		} while (length > 0 && errnos.at(-1) === 0);
		errnos.push(await this.call("fd_close", fd));
		return { errno: errnos.find((errno) => errno !== 0) ?? 0, text };
	}

	async settle() {
		const { program } = this;
		if (program.pipeline.settled)
			return;
		program.settle(() => 0);
		await this.#wait();
	}

	/** Asks the server something that the page can't know, so that all that happened before is known. */
	async fence() {
		const { roundTrips } = this.program.stats();
		await this.mkdir(".");
		assert.ok(this.program.stats().roundTrips > roundTrips, "a fence that the page answered itself");
	}

	/** Ends it. */
	async exit(code = 0) {
		this.program.exit(code);
		await this.#wait();
		const { lost } = this.program.pipeline;
		this.connection.close({ soon: true });
		if (lost)
			throw lost;
	}
}

/** What is in a folder, as text: names, types, links, bytes. */
export function treeOf(folder) {
	const list = (at) => fs.readdirSync(at).sort().map((name) => {
		const below = path.join(at, name), stat = fs.lstatSync(below);
		if (stat.isDirectory())
			return [name, list(below)];
		return [name, stat.nlink, stat.isSymbolicLink() ? fs.readlinkSync(below) : createHash("sha256").update(fs.readFileSync(below)).digest("hex")];
	});
	return JSON.stringify(list(folder));
}
