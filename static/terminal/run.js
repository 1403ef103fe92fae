/* One run of the gateway's program, from its download to its end. Leaves to others: showing it. */
import { GatewayLost, resume, spawn } from "/_wvwasi/wvwasi.js";
import { keeping } from "./back.js";
import { moduleOf } from "./tabs/which.js";

/**
 * @typedef {object} Outcome
 * @property {"exit" | "interrupted" | "stopped" | "trap" | "failed" | "lost"} kind failed: it never ran
 * @property {number | null} exitCode
 * @property {Error} [error] of a trap, a failure, a loss
 * @property {{ path: string | null, call: string, name: string }[]} writeErrors that no call has returned
 * @property {import("../shim/wvwasi.js").FailedCall[]} failedCalls the last ones, the oldest first
 * @property {import("../shim/wvwasi.js").LastCall[]} lastCalls of all kinds
 * @property {number} seconds that it ran
 */

const BACK_MS = 2000;
const LATE = "going back to its prompt would take more than two seconds";
const INTERRUPTED = 130; // as a shell says of SIGINT

export class Run {
	#options;
	#child = null;
	#typed = []; // before there was a program to take it
	#abort = new AbortController();
	#started = null; // ms
	#seconds = 0;
	#interrupted = false;
	/** @type {Outcome | null} */
	outcome = null;

	/**
	 * @param {{ args?: string[], replay?: boolean, path?: string }} program path: of one in a granted folder
	 * @param {{ size: { columns: number, rows: number }, wait?: string, output: (bytes: Uint8Array) => Promise | undefined,
	 *           onProgress: (progress: { phase: string, loaded: number, total: number }) => void, onStart: () => void,
	 *           onReading: (waits: boolean) => void, onUnkept: (sentence: string) => void,
	 *           left?: import("/_wvwasi/wvwasi.js").Kept | null, back?: number, onBack?: (what: { asked: boolean }) => void }} options left: the program to go on
	 *           with; back, onBack: as resume() has them
	 */
	constructor(program, options) {
		this.#options = { ...options, program, replays: program.replay === true };
	}

	/** @returns {Promise<Outcome>} when it has ended; never rejects */
	async go() {
		const { program, size, wait, output, onProgress, onStart, onReading, onUnkept, replays, left, back, onBack } = this.#options;
		const late = back ? setTimeout(() => this.#abort.abort(new Error(LATE)), BACK_MS) : 0;
		try {
			const options = {
				tty: { mode: "raw", ...size }, // line mode is ours (line.js)
				stdout: output, stderr: output,
				wait, onProgress, onUnkept, signal: this.#abort.signal,
				onReading: waits => {
					clearTimeout(late);
					onReading(waits);
				},
			};
			this.#child = await (left ? resume(left, { ...options, back, onBack }) : spawn(await moduleOf(program), {
				...options, ...(program.path ?? program.named ? { args: program.args } : {}), env: { TERM: "xterm-256color" },
				...(replays ? { replay: fetch("/_wvwasi/recording") } : keeping),
			}));
			for (const give of this.#typed.splice(0))
				this.#child.stdin && give(this.#child.stdin);
			this.#started = performance.now();
			onStart();
			const result = await this.#child.exited;
			return this.#end(result.killed ? (this.#interrupted ? "interrupted" : "stopped") : "exit", result);
		} catch (error) {
			const kind = error instanceof GatewayLost ? "lost" : this.#abort.signal.aborted ? "stopped" : this.#started === null ? "failed" : "trap";
			return this.#end(kind, { error, writeErrors: error?.writeErrors, failedCalls: error?.failedCalls, lastCalls: error?.lastCalls });
		}
	}

	#end(kind, { exitCode = null, error, writeErrors = [], failedCalls = [], lastCalls = [] }) {
		this.#seconds = this.seconds;
		this.outcome = { kind, exitCode, error, writeErrors, failedCalls, lastCalls, seconds: this.#seconds };
		return this.outcome;
	}

	/** Did it ever? */
	get began() {
		return this.#started !== null;
	}

	/** Is the program itself running? */
	get running() {
		return this.#started !== null && this.outcome === null;
	}

	/** How long it has been running, without download and compilation. */
	get seconds() {
		if (this.#started === null || this.outcome !== null)
			return this.#seconds;
		return (performance.now() - this.#started) / 1000;
	}

	/** The shim's counters; null before it runs. */
	get stats() {
		return this.#child?.stats() ?? null;
	}

	/** The folders that it was given; none before it runs. */
	get granted() {
		return this.#child?.preopens ?? [];
	}

	/** @param {string | Uint8Array} data to its standard input, at its start if it hasn't begun */
	feed(data) {
		this.#give(stdin => stdin.write(data).catch(() => {})); // it may have ended meanwhile
	}

	/** One read gives nothing. */
	mark() {
		this.#give(stdin => stdin.mark().catch(() => {}));
	}

	#give(give) {
		if (this.#child)
			this.#child.stdin && give(this.#child.stdin); // a replay's was recorded
		else
			this.#typed.push(give);
	}

	resize(columns, rows) {
		this.#child?.resize(columns, rows);
	}

	/** Ctrl-C. goesBack: the gateway keeps it for a run that goes back. */
	interrupt({ goesBack = false } = {}) {
		this.#interrupted = true;
		this.#kill({ exitCode: INTERRUPTED, reason: "interrupted at its terminal", keep: goesBack });
	}

	stop() {
		this.#kill({ exitCode: null, reason: "stopped at its terminal" });
	}

	#kill(how) {
		if (this.#child)
			this.#child.kill(how);
		else
			this.#abort.abort(new Error(how.reason));
	}
}
