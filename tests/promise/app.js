// An app whose page runs programs and tells this test of each line at once, with the time at which it was shown: what an observer of the page knows.
// Leaves to others: what the programs do (acts.js), and what else looks on.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { WebSocketServer } from "ws";

import { linkTo, startGateway, stopTraced, top } from "../gateway/gateway.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const START_MS = 30_000;

const PAGE = `<!doctype html><title>promise</title><script type="module">
import { spawn } from "/_wvwasi/wvwasi.js";
const socket = new WebSocket(new URLSearchParams(location.search).get("to"));
const children = new Map();
const tell = (message) => socket.send(JSON.stringify(message, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
const now = () => performance.timeOrigin + performance.now();
async function run({ id, program, ...options }) {
	const decoder = new TextDecoder();
	let rest = "", errors = "";
	try {
		const child = await spawn(program, { ...options, stderr: bytes => (errors += decoder.decode(bytes)), stdout: bytes => {
			const at = now(), lines = (rest + decoder.decode(bytes)).split("\\n");
			rest = lines.pop();
			tell({ id, lines, at });
		} });
		children.set(id, child);
		tell({ id, started: true });
		const { exitCode, killed, stats } = await child.exited;
		tell({ id, end: { exitCode, killed, waits: stats?.roundTrips, stderr: errors } });
	} catch ({ name: error, call, path, errno, message }) {
		tell({ id, end: { error, call, path, errno, message, stderr: errors } });
	}
	children.delete(id);
}
socket.onmessage = ({ data }) => {
	const { kill, ...task } = JSON.parse(data);
	if (kill === undefined)
		run(task);
	else
		children.get(kill)?.kill();
};
socket.onopen = () => (window.ready = true);
</script>`;

/** A program that the page runs. `ended` never rejects: { exitCode, killed, waits } or { error, call, path, errno }, and stderr. */
class Running {
	lines = []; // { text, at: ms }
	#wanted = [];

	constructor(send, id) {
		this.kill = () => send({ kill: id });
		this.started = new Promise((resolve) => (this.start = resolve));
		this.ended = new Promise((resolve) => (this.end = resolve));
	}

	/** (text, at, index) => void, when the test hears of a line */
	online = () => {};

	hear({ lines, at, started, end }) {
		for (const text of lines ?? []) {
			this.lines.push({ text, at });
			this.online(text, at, this.lines.length - 1);
		}
		this.#wanted = this.#wanted.filter(({ count, resolve }) => this.lines.length < count || resolve());
		if (started)
			this.start();
		if (end) {
			this.start();
			this.end(end);
			this.#wanted.forEach(({ resolve }) => resolve());
		}
	}

	/** Until it has said so many lines, or has ended. */
	said(count) {
		return this.lines.length >= count ? Promise.resolve() : Promise.race([this.ended, new Promise((resolve) => this.#wanted.push({ count, resolve }))]);
	}
}

export class App {
	#undo = [];
	#runs = 0;
	#running = new Map();
	#socket = null;

	/**
	 * @param {import("../engines/index.js").Engine} engine
	 * @param {{ through?: string[], args?: string[], env?: object, folder?: string, base?: string, wait?: string, wire?: (port: number) => Promise<number> }}
	 * options
	 *        through: of startGateway; folder: the granted one, else a new one; wait: how programs wait; wire: gives another port that leads to the gateway's
	 */
	static async open(engine, { through = [], args = [], folder, wait = "auto", wire = async (port) => port } = {}) {
		const app = new App();
		try {
			app.wait = wait;
			app.base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-promise-"));
			app.#undo.push(() => fs.rmSync(app.base, { recursive: true, force: true }));
			fs.chmodSync(app.base, 0o755); // the gateway may be another user's
			app.folder = folder ?? path.join(app.base, "data");
			const root = path.join(app.base, "root");
			fs.mkdirSync(root);
			fs.mkdirSync(app.folder, { recursive: true });
			fs.writeFileSync(path.join(root, "index.html"), PAGE);
			for (const guest of ["acts", "claims"])
				fs.copyFileSync(path.join(build, `guests/${guest}.wasm`), path.join(root, `${guest}.wasm`));
			if (fs.existsSync(path.join(build, "examples/sqlite/query.wasm")))
				fs.copyFileSync(path.join(build, "examples/sqlite/query.wasm"), path.join(root, "query.wasm"));
			app.gateway = await startGateway(["--root", root, "--no-root-dir", "--dir", `${app.folder}::/data`, ...args], { through });
			app.#undo.push(() => (through.includes("strace") ? stopTraced(app.gateway).catch(() => {}) : app.gateway.stop()));
			await app.#openPage(engine, wire);
		} catch (error) {
			await app.close();
			throw error;
		}
		return app;
	}

	async #openPage(engine, wire) {
		const token = randomBytes(16).toString("hex");
		const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: `/${token}` });
		this.#undo.push(() => server.close());
		server.on("connection", (socket) => {
			this.#socket = socket;
			socket.on("message", (bytes) => {
				const message = JSON.parse(String(bytes));
				this.#running.get(message.id)?.hear(message);
			});
		});
		await new Promise((resolve) => server.once("listening", resolve));
		const { port } = this.gateway.ready;
		const link = linkTo(await this.gateway.link(), `/?to=${encodeURIComponent(`ws://127.0.0.1:${server.address().port}/${token}`)}`)
			.replace(`:${port}`, `:${await wire(port)}`);
		this.page = await engine.open(link);
		this.#undo.push(() => this.leave());
		await this.page.waitFor(() => window.ready === true, START_MS);
	}

	/** Closes the page. */
	async leave() {
		const { page } = this;
		this.page = null;
		await page?.close();
	}

	/** A folder for one program: where it is here, and what the page calls it. */
	fresh(name = `r${++this.#runs}`) {
		const host = path.join(this.folder, name);
		fs.mkdirSync(host, { recursive: true });
		return { host, guest: `/data/${name}` };
	}

	/** @param {{ program?: string, name?: string, acts?: string[], args?: string[], folder: { guest: string }, coherence?: string, stdin?: string, wait?:
	 * string }} task */
	run({ program = "acts", name = program, acts, args = acts, folder, coherence, stdin, wait = this.wait, kill = () => {} }) {
		const id = ++this.#runs;
		const running = new Running((message) => this.#socket?.send(JSON.stringify(message)), id);
		this.#running.set(id, running);
		this.#socket.send(JSON.stringify({ id, program: `/${program}.wasm`, args: [name, ...args], preopens: { "/": folder.guest }, wait, coherence, stdin }));
		return running;
	}

	async close() {
		for (const step of this.#undo.splice(0).reverse())
			await step();
	}
}

/** Rounds of a test: $ROUNDS for a long run, else `few`; seeds from $SEED on. */
export const isLong = process.env.ROUNDS !== undefined;
export const rounds = (few) => Number(process.env.ROUNDS ?? few);

/**
 * What a test does where, without the engines and ways to wait that $ENGINES and $WAYS leave out ("chromium,firefox", "jspi").
 * @template T @param {Record<string, T>} table by engine; or by engine and way
 * @returns {[string, T][]}
 */
export const among = (table, names = process.env.ENGINES) => Object.entries(table).filter(([name]) => !names || names.split(",").includes(name));
export const amongWays = (table) => among(table, process.env.WAYS);
export const firstSeed = Number(process.env.SEED ?? 1);
