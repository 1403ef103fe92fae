//# allFunctionsCalledOnLoad
/* What a program prints, from its worker to the app's sinks: posted in messages, or lying in shared memory (base/shared-output.js), where it is
 * found if the program makes no further call. Leaves to others: what the program gathers (base/output.js), the sinks themselves (sinks.js). */
import { SharedOutputTaker, newSharedOutput } from "../base/shared-output.js";
import { makeSink } from "./sinks.js";

const REVOKED_AGAIN_MS = [10, 50, 250, 1000, 5000];
/* Unposted output is shown after so long; what was posted before the program was killed arrives within so long. */
const PRINTED_MS = 10;
const ARRIVES_MS = 50;
const KIB = 1024;

export class ShownOutput {
	#sinks;
	#onfail;
	/** @type {Promise<unknown>} all output so far has been taken */
	#shown = Promise.resolve();
	#printed = null; // SharedOutputTaker
	#done = () => 0;
	#messages = 0; // that came
	#looking = 0; // timer
	#takenBytes = 0;
	#counter = null;
	#closed = false;

	/** stdout, stderr: the app's options; onfail: (error) when a sink fails. */
	constructor({ stdout, stderr }, onfail) {
		this.#sinks = { stdout: makeSink(stdout === undefined ? "stream" : stdout), stderr: makeSink(stderr === undefined ? "stream" : stderr) };
		this.#onfail = onfail;
	}

	/** The ReadableStream of "stdout" or "stderr", where no option says where it goes; else null. */
	streamOf(name) {
		return this.#sinks[name].stream ?? null;
	}

	/** What was captured: { stdout, stderr }, as far as the app wanted that. */
	get captured() {
		return Object.fromEntries(Object.entries(this.#sinks).filter(([, { captured }]) => captured).map(([name, { captured }]) => [name, captured]));
	}

	/** Resolves when all output so far has been taken. */
	get taken() {
		return this.#shown;
	}

	/** Shared memory for the program's side, or null. done: () => the last batch that is known to be done; counter: shared, its first word is how many
	 * KiB were taken; or null. */
	share(done, counter) {
		const shared = newSharedOutput();
		this.#printed = shared && new SharedOutputTaker(shared);
		this.#done = done;
		this.#counter = counter;
		return shared;
	}

	/** A message of the worker; mark: of base/output-credit.js. */
	receive({ parts, mark }) {
		this.#messages++;
		if (this.#closed)
			return;
		parts.forEach(part => this.#show(part));
		this.look();
		if (mark)
			this.#revoke(mark);
	}

	/** The worker says that something lies in shared memory. */
	lookSoon() {
		this.#looking ||= setTimeout(() => {
			this.#looking = 0;
			this.#printed.disarm();
			this.look();
		}, PRINTED_MS);
	}

	/** Shows what lies in shared memory, once the messages before it have come and the changes before it are done. */
	look() {
		if (this.#printed !== null && !this.#closed)
			this.#printed.take(this.#messages, this.#done()).forEach(part => this.#show(part));
	}

	/* A sink may return a promise: the bytes count as taken when it resolves, and the program is slowed by what isn't taken. */
	#show({ stream, bytes }) {
		const { length } = bytes;
		let written;
		try {
			written = this.#sinks[stream].write(bytes);
		} catch (error) {
			return this.#onfail(error);
		}
		const counted = () => {
			this.#takenBytes += length;
			if (this.#counter)
				Atomics.store(this.#counter, 0, Math.floor(this.#takenBytes / KIB));
		};
		if (typeof written?.then !== "function")
			return counted();
		this.#shown = Promise.all([this.#shown, Promise.resolve(written).then(counted, this.#onfail)]);
		return undefined;
	}

	/* Lets the worker see that all so far has been taken. WebKit loses a revocation that meets a request for the URL, so it is repeated. */
	async #revoke(mark) {
		await this.#shown;
		URL.revokeObjectURL(mark);
		for (const ms of REVOKED_AGAIN_MS)
			setTimeout(() => URL.revokeObjectURL(mark), ms);
	}

	/** Before the worker is terminated: the program prints no more, and what it printed and its worker posted is shown. isLost: nobody acknowledges
	 * changes any more, so what has to wait for one isn't. */
	async arrived(isLost) {
		const late = performance.now() + ARRIVES_MS;
		let last = null;
		do {
			last ??= this.#printed?.stop(isLost ? this.#done() : Infinity) ?? null;
			await new Promise(resolve => setTimeout(resolve));
		} while (performance.now() < late && (last === null || this.#printed.posted > this.#messages));
		last?.forEach(part => this.#show(part));
	}

	/** Shows nothing more. */
	end() {
		this.#closed = true;
		clearTimeout(this.#looking);
		for (const sink of Object.values(this.#sinks))
			sink.end();
	}
}
