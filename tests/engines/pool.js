// An engine that stays for the next one who needs it: starting a browser costs seconds, a page in a running one does not.
// A process of its own (this file, run as a program) holds the engine and serves a Unix socket in a folder that is the user's
// alone. One connection is one page: it sends {"url"}, hears {"open":true} or {"error"} (later too, if nothing is there to load), may
// ask {"messages":true}, and the page goes when the connection does. The server ends itself after a minute without any.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

import { pause, within } from "./deadline.js";
import { startEngine } from "./index.js";

const IDLE_MS = 60_000;
const START_MS = 60_000;
const self = fileURLToPath(import.meta.url);

/* Each checkout has engines of its own: one's end is not another's. */
function places(name) {
	const folder = path.join(os.tmpdir(), `wvwasi-engines-${process.getuid()}`, self.replace(/\W+/g, "-"));
	fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
	if (fs.statSync(folder).uid !== process.getuid())
		throw new Error(`'${folder}' belongs to somebody else`);
	return { socket: path.join(folder, `${name}.socket`), pid: path.join(folder, `${name}.pid`), log: path.join(folder, `${name}.log`) };
}

// ---- who asks ----

/**
 * A page in the shared engine, which is started if it doesn't run yet.
 * @param {string} name as in startEngine
 * @param {string} url
 * @returns {Promise<{ messages(): Promise<object[]>, close(): void, lost: Promise<Error> }>}
 */
export async function openShared(name, url) {
	const place = places(name);
	const until = Date.now() + START_MS;
	for (let started = false; ;) {
		const socket = await connect(place.socket).catch(() => null);
		if (socket) {
			const page = await ask(socket, url);
			if (page)
				return page;
		} else if (!started) {
			const log = fs.openSync(place.log, "w");
			spawn(process.execPath, [self, name], { detached: true, stdio: ["ignore", log, log], cwd: "/" }).unref();
			fs.closeSync(log);
			started = true;
		}
		if (Date.now() > until)
			throw new Error(`cannot start ${name}: ${fs.readFileSync(place.log, "utf8").trim() || `nothing within ${START_MS / 1000} s`}`);
		await pause(20);
	}
}

function connect(where) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(where, () => resolve(socket)).once("error", reject);
	});
}

/** Null: the server was just ending; ask another. */
async function ask(socket, url) {
	const waiting = [];
	let lose;
	const lost = new Promise((resolve) => {
		lose = resolve;
	});
	const gone = () => lose(new Error("the engine went away"));
	socket.on("error", gone).on("close", gone);
	readline.createInterface({ input: socket }).on("line", (line) => {
		const answer = JSON.parse(line);
		if (waiting.length)
			waiting.shift()(answer);
		else
			lose(new Error(answer.error));
	});
	const request = (what) => new Promise((resolve) => {
		waiting.push(resolve);
		socket.write(`${JSON.stringify(what)}\n`);
		lost.then(() => resolve(null));
	});
	const answer = await request({ url });
	if (!answer)
		return null;
	if (answer.error)
		throw new Error(answer.error);
	return {
		lost,
		messages: async () => (await request({ messages: true }))?.messages ?? [],
		close: () => socket.destroy(),
	};
}

/** Ends the shared engines of this checkout, each with its last page (the last step of a test run): somebody else may be using them. */
export async function stopShared(names) {
	for (const name of names) {
		const pid = runningServer(places(name).pid);
		if (pid)
			process.kill(pid, "SIGUSR2");
	}
}

function runningServer(file) {
	try {
		const pid = Number(fs.readFileSync(file, "utf8"));
		// A number may have passed on to another process meanwhile.
		return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(self) ? pid : undefined;
	} catch {
		return undefined;
	}
}

// ---- the server ----

async function serve(name) {
	const place = places(name);
	if (!takePlace(place.pid))
		return; // somebody was quicker
	fs.rmSync(place.socket, { force: true });
	const engine = within(startEngine(name), START_MS, `starting ${name}`);
	let clients = 0, idle;
	// A page is kept ready: making one takes longer than starting the gateway.
	let spare = engine.then((started) => started.blank());
	spare.catch(() => {}); // told below
	const takePage = async () => {
		const page = spare.catch(async () => (await engine).blank());
		spare = page.then(async () => (await engine).blank());
		spare.catch(() => {}); // asked again when it is needed
		return page;
	};
	let retired = false, stopping = false;
	/* Nobody finds it any more; who has a page keeps it. */
	const retire = () => {
		if (!retired)
			for (const file of [place.socket, place.pid])
				fs.rmSync(file, { force: true });
		retired = true;
	};
	const stop = async (code) => {
		retire();
		stopping = true;
		await (await engine.catch(() => null))?.close();
		process.exit(code);
	};
	const rest = () => (idle = setTimeout(stop, IDLE_MS, 0));
	net.createServer(async (socket) => {
		if (stopping)
			return void socket.destroy(); // it found us just before the end: it asks another server
		clients++;
		clearTimeout(idle);
		let page, gone = false, failed = false;
		const left = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
		left.then(async () => {
			gone = true;
			await page?.close().catch(() => {});
			if (--clients === 0)
				failed || retired ? stop(failed ? 1 : 0) : rest(); // an engine that couldn't open a page may be broken: the next one starts a new one
		});
		for await (const line of readline.createInterface({ input: socket })) {
			const request = JSON.parse(line);
			let answer;
			try {
				if (request.url) {
					page = await takePage();
					if (gone)
						await page.close();
					else
						page.goto(request.url).catch((error) => {
							failed = !gone;
							if (failed)
								socket.write(`${JSON.stringify({ error: error.message })}\n`);
						});
				}
				answer = request.messages ? { messages: await page.messages() } : { open: true };
			} catch (error) {
				answer = { error: error.message };
				failed = true;
			}
			if (!gone)
				socket.write(`${JSON.stringify(answer)}\n`);
		}
	}).listen(place.socket, rest);
	for (const signal of ["SIGTERM", "SIGINT"])
		process.on(signal, () => stop(0));
	process.on("SIGUSR2", () => { // stopShared()'s: at the others puppeteer ends its browser
		retire();
		if (clients === 0)
			stop(0);
	});
	await engine.then((started) => started.died.then(() => stop(1)), async (error) => {
		console.error(error.message);
		await pause(200); // for those who are waiting for an answer
		await stop(1);
	});
}

/** The pid file is the lock: made by one, and taken over only from the dead. */
function takePlace(file) {
	for (;;) {
		try {
			fs.writeFileSync(file, String(process.pid), { flag: "wx" });
			return true;
		} catch {
			if (runningServer(file))
				return false;
			fs.rmSync(file, { force: true });
		}
	}
}

if (process.argv[1] === self)
	await serve(process.argv[2]);
