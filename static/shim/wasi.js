//# allFunctionsCalledOnLoad
/* WASI.connect(): a guest for an instance that the app makes itself, in a worker of its own, as with node:wasi. */
import { Badge } from "./page/badge.js";
import { END, HELLO, STANDS, WATCH } from "./base/codec.js";
import { SharedBatch, newSharedBatch } from "./base/shared-batch.js";
import { Connection } from "./gateway/connection.js";
import { ControlSide } from "./gateway/control.js";
import { ticketSource } from "./gateway/tickets.js";
import { makeHello } from "./gateway/hello.js";
import { Output } from "./base/output.js";
import { trapText, unpackError } from "./base/error-transfer.js";
import { Program } from "./program/program.js";
import { Runner } from "./program/runner.js";
import { makeSink } from "./page/sinks.js";
import { newRing } from "./base/ring.js";
import { chooseWait } from "./wait/choose.js";

export class WASI {
	#program;
	#runner;
	#sinks;
	#end;
	#badge = new Badge();
	/** @type {Promise<unknown>} all output so far */
	#written = Promise.resolve();
	/** "jspi", "shared" or "xhr" */
	wait;
	/** To instantiate with: { wasi_snapshot_preview1 }. */
	imports;

	/**
	 * Makes a guest. ticket: a function that gives a fresh ticket.
	 * @param {import("./wvwasi.js").GuestOptions} [options] as run()'s, without onProgress, signal and imports
	 */
	static async connect(options = {}) {
		const wait = chooseWait(options.wait);
		if (wait !== "jspi" && typeof document !== "undefined")
			throw new TypeError(`wait: "${wait}" blocks, which the page's own thread may not: use WASI.connect in a worker, or run()`);
		const wasi = new WASI();
		wasi.wait = wait;
		wasi.#sinks = { stdout: makeSink(options.stdout), stderr: makeSink(options.stderr) };
		const tickets = ticketSource(options);
		const link = wait === "jspi" ? await ownConnection(options, tickets) : await helpedConnection(wait, options, tickets);
		const output = new Output(parts => parts.forEach(({ stream, bytes }) => wasi.#write(stream, bytes)));
		wasi.#end = link.end;
		wasi.#program = new Program({ welcome: link.welcome, flags: link.hello.flags, coherence: options.coherence, output, stdin: link.stdin, wait });
		if (link.sharedBatch && wasi.#program.cache.isOn)
			wasi.#program.pipeline.share(new SharedBatch(link.sharedBatch, link.tell));
		wasi.#followWatchers(link.welcome, options);
		wasi.#runner = new Runner(wasi.#program, wait, { ...link, key: link.welcome.key });
		wasi.imports = wasi.#runner.imports;
		return wasi;
	}

	/* start() waits for sinks that return promises, and rejects with their error. */
	#write(stream, bytes) {
		const written = this.#sinks[stream].write(bytes);
		if (typeof written?.then === "function")
			this.#written = Promise.all([this.#written, written]);
		this.#written.catch(() => {}); // start() tells it
	}

	/**
	 * In a page, shows a badge while a debugger is attached.
	 * @param {object} welcome
	 * @param {import("./wvwasi.js").GuestOptions} options
	 */
	#followWatchers(welcome, { onWatch }) {
		const { pipeline } = this.#program;
		const follow = pipeline.onwatch;
		const show = state => {
			this.#badge.show(state);
			onWatch?.({ watched: state.mode !== WATCH.NOBODY, controlled: state.mode === WATCH.CONTROLLED, stopped: state.state === STANDS.STOPPED });
		};
		pipeline.onwatch = state => {
			follow(state);
			show(state);
		};
		if (welcome.watch)
			show({ mode: welcome.watch, state: STANDS.RUNS, data: false });
	}

	/**
	 * An instance of a program with these imports and the app's, for programs that may import sockets by WasmEdge's version 1: `imports` alone has version 2.
	 * Rejects with a LinkError.
	 * @param {WebAssembly.Module} module
	 * @param {WebAssembly.Imports} [imports]
	 */
	async instantiate(module, imports) {
		return this.#runner.instantiate(module, imports);
	}

	/** Runs _start to its end; gives the exit code. Rejects with the trap, or GatewayLost. */
	async start(instance) {
		try {
			const code = await this.#runner.start(instance);
			this.#program.output.flush();
			await this.#written;
			return code;
		} catch (error) {
			if (error instanceof WebAssembly.RuntimeError)
				this.#end.trap(trapText(error));
			throw error;
		} finally {
			this.#leave({ soon: true });
		}
	}

	/** Runs _initialize; gives the exports, functions as promises, which run one after the other. proc_exit in one:
	 * ProcessExit. */
	async initialize(instance) {
		return this.#runner.initialize(instance);
	}

	/** Errors of writes that no call has returned. */
	get writeErrors() {
		return this.#program.writeErrors;
	}

	/** What was captured ("capture"), after the end. */
	get stdout() {
		return this.#sinks.stdout.captured;
	}

	get stderr() {
		return this.#sinks.stderr.captured;
	}

	stats() {
		return this.#program.stats();
	}

	/** Ends a reactor's guest. A program's ends by itself. */
	close() {
		this.#leave();
	}

	#leave(how) {
		this.#badge.remove();
		this.#program.output.flush();
		for (const sink of Object.values(this.#sinks))
			sink.end();
		this.#runner.close(how);
		this.#end.close(how);
	}
}

/* jspi: this thread never blocks, so one connection carries calls, stdin and control. */
async function ownConnection(options, tickets) {
	const { hello, stdin } = makeHello(options, 0);
	const [ticket] = await tickets(1);
	const connection = await Connection.open({ ticket, hello });
	const control = new ControlSide(connection, { stdin });
	const fromControl = connection.onframe;
	return {
		hello, stdin, welcome: connection.welcome,
		connection: {
			send: bytes => connection.send(bytes),
			set onframe(receive) {
				connection.onframe = frame => (receive(frame) ? undefined : fromControl(frame));
			},
			set onclose(lost) {
				connection.onclose = error => {
					control.close();
					lost(error);
				};
				control.onstdinfailed = error => {
					control.end(END.KILLED, "its input failed");
					lost(error);
				};
			},
			close() {},
		},
		end: { trap: text => control.end(END.TRAP, text), close: how => control.close(how) },
	};
}

/* This thread will block, so a helper worker holds the control connection. */
async function helpedConnection(wait, options, tickets) {
	const { hello, stdin } = makeHello(options, HELLO.CONTROL | (wait === "xhr" ? HELLO.XHR : HELLO.SPLIT | HELLO.POSTS));
	if (stdin.rest && !(options.stdin instanceof Uint8Array) && typeof options.stdin !== "string")
		throw new TypeError(`stdin: a stream can't be read while wait: "${wait}" blocks this thread; give a string or a Uint8Array`);
	const rest = stdin.rest ? [(await stdin.rest.next()).value.slice()] : null;
	const [ticket, second] = await tickets(2);
	const ring = wait === "shared" ? newRing() : null;
	const sharedBatch = newSharedBatch();
	const helper = new Worker(new URL("./gateway/control-worker.js", import.meta.url), { type: "module", name: "wvwasi control" });
	const welcome = await new Promise((resolve, reject) => {
		helper.onmessage = ({ data }) => (data.is === "connected" ? resolve(data.welcome) : reject(unpackError(data.error)));
		helper.onerror = event => reject(new Error(`the helper worker failed: ${event.message ?? "it could not be loaded"}`));
		helper.postMessage({ do: "connect", ticket, hello, ring, sharedBatch, stdin: { bytes: stdin.bytes, eof: stdin.eof, rest } });
	});
	const connection = await Connection.open({ ticket: second, hello: {
		flags: wait === "xhr" ? HELLO.SENDS_ONLY : 0, guest: welcome.guest, key: welcome.key,
	} });
	return {
		hello, stdin, welcome, connection, ring, onroom: () => helper.postMessage({ do: "room" }), sharedBatch, tell: what => helper.postMessage({ do: what }),
		end: {
			trap: text => helper.postMessage({ do: "trap", text }),
			close(how) {
				helper.postMessage({ do: "close", how });
				setTimeout(() => helper.terminate(), 1000);
			},
		},
	};
}
