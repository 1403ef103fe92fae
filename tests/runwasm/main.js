// One program in a headless engine: starts a gateway that grants what was asked for and nothing else, opens a page that runs the
// program, and carries its standard streams between the page and ours over a WebSocket. tests/pages/run-wasm.js is the other end.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import { WebSocketServer } from "ws";

import { within } from "../engines/deadline.js";
import { startGateway, linkTo, top } from "../gateway/gateway.js";
import { parse, parseDir, usage } from "./options.js";
import { readStdin } from "./stdin.js";
import { TO_PAGE, FROM_PAGE } from "../pages/run-wasm-messages.js";

const EXIT_TRAP = 134; // 128 + SIGABRT, as a shell says it
const EXIT_CANNOT = 125;
const PAGE_MS = 60_000;

const cleanups = [];
async function cleanUp() {
	await Promise.allSettled(cleanups.splice(0).map((step) => step()));
}

async function main() {
	const options = parse(process.argv.slice(2));
	if (options.help) {
		console.log(usage);
		return 0;
	}
	fs.accessSync(options.program, fs.constants.R_OK);
	const stdin = readStdin();
	const server = await listen();
	const engine = options.engine === "webkit" && options.wait === "shared" ? "webkit+shared" : options.engine;
	const gateway = await startGateway([
		"--root", path.join(top, "tests/pages"), "--no-root-dir",
		...options.dirs.flatMap((dir) => ["--dir", dir]),
		...options.env.flatMap((pair) => ["--env", pair]),
		...options.tcplisten.flatMap((address) => ["--tcplisten", address]),
		...options.net.flatMap((rule) => ["--net", rule]),
		...options.limit.flatMap((bound) => ["--limit", bound]),
		"--", options.program,
	]);
	cleanups.push(() => gateway.stop());
	if (options.tcplisten.some((address) => /:0(:blocking)?$/.test(address)))
		process.stderr.write(`listening on ${gateway.ready.listen.join(" ")}\n`);

	const page = await openPage(engine, linkTo(gateway.ready.link, `/run-wasm.html?port=${server.port}&token=${server.token}`));
	cleanups.push(() => page.close());
	const socket = await within(Promise.race([server.page, rejectWith(page.lost)]), PAGE_MS, "the page").catch(async (error) => {
		const messages = await within(page.messages(), 2000, "the page's console").catch(() => []);
		throw new Error([error.message, ...messages.map(({ text }) => text)].join("\n"));
	});
	const preopens = options.dirs.map(parseDir).map(({ guest, readonly }) => [guest, readonly ? { path: guest, readonly } : guest]);
	const first = stdin.soFar();
	socket.send(message(TO_PAGE.start, JSON.stringify({
		args: [options.arg0 ?? path.basename(options.program), ...options.args],
		preopens, wait: options.wait, coherence: options.coherence,
		stdin: first && Buffer.from(first).toString("base64"),
	})));
	const end = await Promise.race([converse(socket, first ? null : stdin), rejectWith(page.lost)]);
	if (options.stats) {
		const { exitCode, wait, writeErrors, stats, runMs, error } = end;
		fs.writeFileSync(options.stats, `${JSON.stringify({ exitCode: exitCodeOf(end), wait, stats, writeErrors, runMs,
			engine, coherence: options.coherence, ...(error && { error: error.message, exitCode: exitCode ?? null }) }, null, "\t")}\n`);
	}
	if (end.error)
		process.stderr.write(`${end.error.stack || end.error.message}\n`);
	return exitCodeOf(end);
}

const exitCodeOf = ({ error, exitCode }) => (error ? (error.trap ? EXIT_TRAP : EXIT_CANNOT) : exitCode & 255);

const rejectWith = async (lost) => {
	throw await lost;
};

const message = (type, bytes = "") => Buffer.concat([Buffer.of(type), Buffer.from(bytes)]);

/** Our end of the streams: one page may connect, with the token. */
async function listen() {
	const token = randomBytes(16).toString("hex");
	const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: `/${token}`, perMessageDeflate: false, maxPayload: 1 << 30 });
	const page = new Promise((resolve) => server.once("connection", resolve));
	await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
	return { port: server.address().port, token, page };
}

async function openPage(engine, url) {
	if (process.env.WVWASI_ENGINE_SERVER !== "off")
		return (await import("../engines/pool.js")).openShared(engine, url);
	const { startEngine } = await import("../engines/index.js");
	const own = await startEngine(engine);
	cleanups.push(() => own.close());
	const page = await own.open(url);
	return { messages: page.messages, close: () => {}, lost: new Promise(() => {}) };
}

/** Carries the streams until the page says how the program ended. */
function converse(socket, stdin) {
	return new Promise((resolve, reject) => {
		const outputs = { [FROM_PAGE.stdout]: process.stdout, [FROM_PAGE.stderr]: process.stderr };
		socket.on("message", (bytes) => {
			switch (bytes[0]) {
			case FROM_PAGE.stdout:
			case FROM_PAGE.stderr:
				outputs[bytes[0]].write(bytes.subarray(1));
				break;
			case FROM_PAGE.wantsStdin:
				stdin.next().then((chunk) => socket.send(chunk ? message(TO_PAGE.stdin, chunk) : message(TO_PAGE.stdinEnd)));
				break;
			case FROM_PAGE.ended:
				resolve(JSON.parse(bytes.subarray(1).toString()));
				break;
			}
		});
		socket.on("close", () => reject(new Error("the page went away while the program ran")));
	});
}

// Whoever read our output has gone: so would a program of the shell's.
for (const stream of [process.stdout, process.stderr])
	stream.on("error", () => leave(141));
process.on("SIGINT", () => leave(130));
process.on("SIGTERM", () => leave(143));
process.on("SIGHUP", () => leave(129));

let leaving = false;
async function leave(code) {
	leaving = true;
	await cleanUp();
	process.exit(code);
}

let code;
try {
	code = await main();
} catch (error) {
	if (leaving)
		await new Promise(() => {}); // the page went because we are going
	process.stderr.write(`run-wasm: ${error.message}\n`);
	code = EXIT_CANNOT;
}
await cleanUp();
// What was written may still be on its way into a pipe that is full.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
