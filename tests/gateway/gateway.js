// Starts the real binary for a test and listens to what it says. Leaves to others what to ask of it.
import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

import { within } from "../engines/deadline.js";

export const top = fileURLToPath(new URL("../..", import.meta.url));
/** The binary under test: $WVWASI_GW, else this tree's. */
export const binary = process.env.WVWASI_GW ?? path.join(top, "build/wvwasi-gw");

const START_MS = 20_000;
const living = new Set();
process.on("exit", () => {
	for (const child of living)
		child.kill("SIGKILL");
});

/**
 * @typedef {object} Gateway
 * @property {{ url: string, link: string, port: number, pid: number, listen?: string[] }} ready its first line
 * @property {number} pid the keeper's
 * @property {EventEmitter} events one event per --json line, by its name, and "exit"
 * @property {object[]} log every --json line so far
 * @property {() => string} stderr what it has written there
 * @property {(pattern: RegExp, timeoutMs?: number) => Promise<void>} says waits until stderr matches: its lines come by another pipe
 * @property {(command: object) => void} say a command on its stdin
 * @property {() => Promise<string>} link a fresh link
 * @property {(name: string, match?: (event: object) => boolean, timeoutMs?: number) => Promise<object>} next an event, also one
 *           that has been already
 * @property {() => Promise<{ code: number | null, signal: string | null }>} stop SIGTERM, and wait for its end
 * @property {(signal: string) => void} kill the keeper
 */

/** Ends one that runs through strace: that isn't to be told, for it would leave what it traces. @param {Gateway} gateway */
export async function stopTraced(gateway) {
	process.kill(gateway.ready.pid, "SIGTERM");
	await gateway.ended;
}

/**
 * @param {string[]} args beside --json and --port 0
 * @param {{ env?: Record<string, string>, port?: string[], through?: string[], executable?: string, readyMs?: number }} options through: a command that runs it
 * @returns {Promise<Gateway>} rejects with what it wrote on stderr, and `code`, if it ends before it is ready
 */
export async function startGateway(args, { env, port = ["--port", "0"], through = [], executable = binary, readyMs = START_MS } = {}) {
	const [program, ...before] = [...through, executable];
	const child = spawn(program, [...before, "--json", ...port, ...args], { env: { ...process.env, ...env }, stdio: "pipe" });
	const events = new EventEmitter();
	const log = [];
	let stderr = "";
	living.add(child);
	child.stdin.on("error", () => {}); // it may end while we ask for a link
	child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
	const ended = new Promise((resolve) => {
		child.once("error", (error) => {
			stderr += `cannot start '${binary}': ${error.message} (make)`;
			resolve({ code: null, signal: null });
		});
		child.once("close", (code, signal) => resolve({ code, signal }));
	});
	ended.then((how) => {
		living.delete(child);
		events.emit("exit", how);
	});
	readline.createInterface({ input: child.stdout }).on("line", (line) => {
		const event = JSON.parse(line);
		log.push(event);
		events.emit(event.event, event);
	});

	const gateway = {
		pid: child.pid,
		events,
		log,
		stderr: () => stderr,
		async says(pattern, timeoutMs = 30_000) {
			for (const started = Date.now(); !pattern.test(stderr) && Date.now() - started < timeoutMs;)
				await new Promise((resolve) => child.stderr.once("data", resolve).once("end", resolve) && setTimeout(resolve, 100));
			if (!pattern.test(stderr))
				throw new Error(`stderr doesn't match ${pattern}: ${stderr}`);
		},
		ended,
		next(name, match = () => true, timeoutMs = 30_000) {
			const already = log.find((event) => event.event === name && match(event));
			if (already)
				return Promise.resolve(already);
			const coming = new Promise((resolve) => {
				events.on(name, function seen(event) {
					if (!match(event))
						return;
					events.off(name, seen);
					resolve(event);
				});
			});
			return within(coming, timeoutMs, `the gateway's event '${name}'`);
		},
		say(command) {
			child.stdin.write(`${JSON.stringify(command)}\n`);
		},
		async link() {
			const fresh = new Promise((resolve) => events.once("link", resolve));
			child.stdin.write('{"do":"link"}\n');
			return (await within(fresh, 30_000, "a link of the gateway")).link;
		},
		async stop() {
			child.kill("SIGTERM");
			const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
			const how = await ended;
			clearTimeout(timer);
			return how;
		},
		kill: (signal) => child.kill(signal),
	};
	const early = ended.then(({ code, signal }) => {
		throw Object.assign(new Error(stderr.trim() || `the gateway ended with ${signal ?? code}`), { code });
	});
	try {
		gateway.ready = await within(Promise.race([gateway.next("ready", undefined, readyMs), early]), readyMs, "the gateway");
	} catch (error) {
		child.kill("SIGKILL");
		throw error;
	}
	early.catch(() => {}); // from now on its end is "exit"
	if (process.env.WVWASI_TEST_DEBUGGER)
		await (await import("../debugger/attached.js")).attach(gateway, process.env.WVWASI_TEST_DEBUGGER);
	return gateway;
}

/**
 * The same link, leading elsewhere.
 * @param {string} link
 * @param {string} to begins with one slash
 */
export const linkTo = (link, to) => `${link.replace(/&to=[^&]*/, "")}&to=${encodeURIComponent(to)}`;
