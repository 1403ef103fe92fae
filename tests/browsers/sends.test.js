// A program's small sends in a real page, in each engine: they are gathered, arrive whole and in order, also where the program ends behind them or the
// peer doesn't read yet, and what fails is told. Waits and messages are counted. The outcomes are those of the native program, but when a failure is told.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { engineNames, startEngine, waysOf } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const ROUNDS = 5, LINES = 20, MOST = 6_000_000;
const guests = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "guests");
const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-sends-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
fs.copyFileSync(path.join(guests, "sends.wasm"), path.join(root, "sends.wasm"));
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>app</title><script type="module">
	import { run } from "/_wvwasi/wvwasi.js";
	window.run = run;
</script>`);
const ANSWER = Array.from({ length: LINES }, (_, i) => `line ${i}\n`).join("");
const MANY = Buffer.from(Array.from({ length: MOST }, (_, i) => 97 + i % 23));

/* Where these bytes aren't those that were sent. */
function difference(got) {
	if (got.equals(MANY))
		return null;
	const at = got.findIndex((byte, i) => byte !== MANY[i]), from = at < 0 ? got.length : at;
	return `${got.length} of ${MOST} bytes came, and from ${from} on others: "${got.subarray(from, from + 46).toString("latin1")}"`;
}

/* What the peer of each does, and all that it got when the connection has ended. */
const peers = {
	async reply(socket) {
		let got = "", answered = 0;
		for await (const bytes of socket) {
			got += bytes;
			for (; answered < Math.floor(got.length / ANSWER.length); answered++)
				socket.write("k");
		}
		assert.equal(got, ANSWER.repeat(ROUNDS));
	},
	async exit(socket) {
		let got = "";
		socket.on("data", (bytes) => (got += bytes)); // `for await` would destroy it
		await once(socket, "end");
		assert.equal(got, ANSWER);
	},
	async shut(socket) {
		await peers.exit(socket);
		socket.end("x".repeat(1234));
	},
	async most(socket) {
		socket.pause();
		await new Promise((resolve) => setTimeout(resolve, 300)); // it reads late
		const got = [];
		for await (const bytes of socket)
			got.push(bytes);
		assert.equal(difference(Buffer.concat(got)), null);
	},
	whole: (socket) => peers.most(socket),
	async again(socket) {
		await once(socket, "data");
		socket.end("k");
	},
	async reset(socket) {
		await once(socket, "data");
		socket.resetAndDestroy();
	},
};

/** A port at which the next connection is `what`'s, and a promise of that connection's end. */
async function peer(t, what) {
	const server = net.createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
	await once(server, "listening");
	t.after(() => server.close());
	const done = new Promise((resolve, reject) => server.on("connection", (socket) => {
		const its = peers[what](socket);
		its.catch(reject);
		resolve(its);
	}));
	return { port: server.address().port, done };
}

/* Of a gathered send the next call says it; one that was waited for says so itself. */
const TOLD = /^send: (done\nrecv: reset|reset\nrecv: (done|reset))\nsend: reset\nclose: done\n$/;

const runs = async ({ args, wait }) => {
	const { exitCode, stdout, stderr, stats } = await window.run("/sends.wasm", { args: ["sends", ...args], wait, stdout: "capture", stderr: "capture" });
	const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
	return { exitCode, out, err, waits: stats.roundTrips, messages: stats.messages };
};

test("natively the peers see the same", async (t) => {
	for (const what of ["reply", "exit", "shut", "again", "most", "whole"]) {
		const { port, done } = await peer(t, what);
		const { stdout } = await promisify(execFile)(path.join(guests, "sends"), [String(port), what, String(MOST)]);
		await done;
		assert.equal(stdout, what === "shut" ? "1234 bytes came back\n" : "");
	}
});

for (const name of engineNames)
	test(`${name}: small sends are gathered, none is lost at the end, and what fails is told`, async (t) => {
		const gateway = await startGateway(["--root", root, "--net", "tcp:127.0.0.1:1-65535"]);
		t.after(() => gateway.stop());
		const engine = await startEngine(name);
		t.after(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.run);
		for (const wait of waysOf[name]) {
			const counts = {};
			for (const what of Object.keys(peers)) {
				const { port, done } = await peer(t, what);
				const { exitCode, out, err, waits, messages } = await page.evaluate(runs, { args: [String(port), what, String(MOST)], wait });
				await done;
				assert.deepEqual([exitCode, err], [0, ""], `${what} ${wait}`);
				counts[what] = { waits, messages };
				if (what === "reset")
					assert.ok(TOLD.test(out), `${wait}: ${out}`);
				else
					assert.equal(out, what === "shut" ? "1234 bytes came back\n" : "");
			}
			t.diagnostic(`${wait}: ${Object.entries(counts).map(([what, { waits, messages }]) => `${what} ${waits}, ${messages}`).join("; ")}`);
			const { reply, exit, again } = counts;
			assert.ok(exit.waits <= 4, `${wait}: open, connect, what was sent, the end: ${exit.waits} waits`);
			/* Without shared memory each leaves at once, every 33rd is waited for, and so is close() behind one. With it a timer sends what was gathered, after
			 * a millisecond. */
			const isolated = await page.evaluate(() => crossOriginIsolated && typeof SharedArrayBuffer === "function");
			const told = `${wait}: socket() once, connect() and recv() three times, the end: ${again.waits} waits, ${again.messages} messages`;
			if (isolated) {
				/* A send that its timer sent before recv() came, on a busy machine, is a message of its own; and the close behind it waits, by one more. */
				const early = again.waits - (2 + 3 * 2);
				assert.ok(early >= 0 && early <= 3 && again.messages >= 2 + 3 * 3 + 2 * early, told);
			} else {
				assert.equal(again.waits, 2 + 3 * 3, told);
			}
			const most = 4 + ROUNDS + (isolated ? 0 : Math.floor(ROUNDS * LINES / 33));
			assert.ok(reply.waits <= most, `${wait}: ${reply.waits} waits for ${ROUNDS} answers of ${LINES} sends`);
			if (isolated)
				assert.ok(reply.messages <= reply.waits + ROUNDS * LINES / 4, `${wait}: ${reply.messages} messages`); // one or two a round, and more by timers
		}
	});
