// A gateway with a hostile session, and what another session notices of it: how long its calls keep the loop's thread from answering them, in
// CPU time of that thread (a busy machine makes nothing of it longer), and how much memory is held.
import { Worker } from "node:worker_threads";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { Session, call } from "./client.js";
import { bigFile, bigFolder, loopMs } from "./hostile-clients.js";
import { gatewayPid, measure } from "./processes.js";
import { pause } from "../engines/deadline.js";

export const MIB = 1 << 20;

/** @param {string[]} args of the gateway */
export async function openHostileFixture(args) {
	process.env.WVWASI_MEASURE_TURNS = "1";
	const fixture = await openFixture(args);
	const pid = gatewayPid(fixture.gateway.pid);
	bigFile(fixture);
	bigFolder(fixture);
	return Object.assign(fixture, {
		pid,
		rss: () => measure(pid).rss,
		enter: () => Session.enter(fixture.gateway),
		/** The longest that the loop's thread was busy at once, in ms: told when it ends. */
		async longestTurnMs() {
			const told = fixture.gateway.next("turns");
			await fixture.close();
			return (await told).longest_us / 1000;
		},
	});
}

/**
 * A hostile page, in a session of its own.
 * @param {string} name of attacks
 * @returns {{ sent: Promise<void>, leave: () => Promise<unknown> }} sent: it has done its worst
 */
export function hostile(fixture, name, session, size = 1) {
	const { origin, port, secret } = session;
	const worker = new Worker(new URL("hostile-worker.js", import.meta.url), { workerData: { name, size, session: { origin, port, secret } } });
	const sent = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject).once("exit", resolve));
	return { sent, leave: () => worker.terminate() };
}

/** Another session's call, again and again. */
export class Bystander {
	answered = 0;
	longestMs = 0;
	mostRss = 0;

	static async enter(fixture) {
		const bystander = new Bystander();
		bystander.fixture = fixture;
		bystander.wire = await fixture.session.connect(ROOT_ONLY);
		return bystander;
	}

	/** One call; gives the loop's CPU time until its answer. */
	async ask() {
		const before = loopMs(this.fixture.pid);
		const [{ errno }] = await this.wire.calls(call("fd_filestat_get", [3]));
		const took = loopMs(this.fixture.pid) - before;
		if (errno)
			throw new Error(`errno ${errno}`);
		this.answered++;
		this.longestMs = Math.max(this.longestMs, took);
		this.mostRss = Math.max(this.mostRss, this.fixture.rss());
		return took;
	}

	/** Asks until `sent` is done and nothing is left to do for the loop (or ten seconds of its time have gone). */
	async during(sent) {
		let done = false;
		sent.finally(() => (done = true)).catch(() => {});
		for (const start = loopMs(this.fixture.pid); loopMs(this.fixture.pid) - start < 10_000; ) {
			const before = loopMs(this.fixture.pid);
			await this.ask();
			await pause(10);
			if (done && loopMs(this.fixture.pid) - before < 3)
				break;
		}
		await sent;
	}

	tell() {
		return `${this.answered} calls answered, the longest took ${this.longestMs.toFixed(1)} ms of the loop's time; ${(this.mostRss / MIB).toFixed(0)} MiB held`;
	}
}
