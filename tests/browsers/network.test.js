// A page reaches what --net allows, and nothing else: sockets and requests, in each engine. What they can do in detail: tests/gateway/net-*.test.js.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const BODY = 5_000_000;
const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-network-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>app</title><script type="module">
	import { connect, fetch, listen } from "/_wvwasi/sockets.js";
	window.sockets = { connect, fetch, listen };
</script>`);

/* Another origin than the page's: it says how many bytes came. */
function counts(request, response) {
	let bytes = 0;
	request.on("data", ({ length }) => (bytes += length)).on("end", () => response.end(`${request.method} ${bytes}`));
}

async function listening(server) {
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	after(() => server.close());
	return server.address().port;
}

/* Sends 32-bit numbers from 0 on, so many bytes as it is told; of what it is told then it says each line. */
const told = new EventEmitter();
const numbers = await listening(net.createServer({ allowHalfOpen: true }, (socket) => {
	socket.on("error", () => {}).once("data", (line) => {
		const words = new Uint32Array(Number(line) / 4).map((_, i) => i);
		socket.end(new Uint8Array(words.buffer));
		socket.on("data", (more) => told.emit("line", String(more)));
	});
}));
const echo = await listening(net.createServer((socket) => socket.pipe(socket)));
const web = await listening(http.createServer(counts));

/* In the page. */
const echoed = async (port) => {
	const socket = window.sockets.connect({ hostname: "127.0.0.1", port });
	const writer = socket.writable.getWriter(), reader = socket.readable.getReader();
	await writer.write("an echo");
	await writer.close();
	let text = "";
	for (let piece; !(piece = await reader.read()).done;)
		text += new TextDecoder().decode(piece.value);
	return text;
};
const downloaded = async ({ port, bytes, leavesAt }) => {
	const socket = window.sockets.connect({ hostname: "127.0.0.1", port }, { allowHalfOpen: true });
	const writer = socket.writable.getWriter(), reader = socket.readable.getReader(), all = new Uint8Array(bytes);
	await writer.write(`${bytes}\n`);
	let at = 0;
	for (let piece; at < leavesAt && !(piece = await reader.read()).done; at += piece.value.length)
		all.set(piece.value, at);
	await reader.cancel();
	const wrong = new Uint32Array(all.buffer, 0, at >> 2).findIndex((word, i) => word !== i);
	await writer.write("I have left");
	window.leave = () => writer.close();
	return { at, wrong, responses: performance.getEntriesByType("resource").filter(({ name }) => name.includes("/_wvwasi/bytes?")).length };
};
const requested = async ({ url, bytes }) => (await window.sockets.fetch(url, bytes ? { method: "POST", body: new Uint8Array(bytes) } : {})).text();
const refused = async (port) => Promise.all([window.sockets.connect({ hostname: "127.0.0.1", port }).opened, window.sockets.fetch("https://example.org/")]
	.map((promise) => promise.then(() => null, ({ name, code = "" }) => `${name} ${code}`)));

/* A chat: what one says goes to everybody, whole lines and in one order. Gives the port. */
const startChat = async () => {
	const listener = window.sockets.listen({ hostname: "127.0.0.1", port: 0 });
	const there = new Set();
	const say = (line) => there.forEach((writer) => void writer.write(line).catch(() => there.delete(writer)));
	const serve = async (socket) => {
		const writer = socket.writable.getWriter(), decoder = new TextDecoder();
		let begun = "";

		there.add(writer);
		await writer.write("welcome\n");
		for (const reader = socket.readable.getReader(); ;) {
			const { done, value } = await reader.read();
			const lines = (begun + decoder.decode(value, { stream: !done })).split("\n");
			begun = lines.pop();
			lines.forEach((line) => say(`${line}\n`));
			if (done)
				return void there.delete(writer);
		}
	};
	(async () => {
		for await (const socket of listener)
			serve(socket).catch(() => {});
	})();
	window.people = () => there.size;
	return (await listener.opened).port;
};

/* Somebody at the chat. heard: resolves with the lines, once there are so many. */
function visitor(port) {
	const socket = net.connect(port, "127.0.0.1");
	let text = "", wanted = Infinity, resolve;
	const lines = () => text.split("\n").slice(0, -1);
	const look = () => lines().length >= wanted && resolve(lines());
	socket.setEncoding("utf8").on("data", (more) => {
		text += more;
		look();
	}).on("error", () => {});
	return {
		say: (line) => socket.write(`${line}\n`),
		heard: (count) => new Promise((done) => {
			[wanted, resolve] = [count, done];
			look();
		}),
		leave: () => socket.destroy(),
	};
}

const PEOPLE = 200, SPEAKERS = 40;
for (const name of engineNames) {
	let opening = null;
	const opened = () => (opening ??= open());
	const ends = [];

	async function open() {
		const gateway = await startGateway(["--root", root, "--net", `tcp:127.0.0.1:${echo}`, "--net", `tcp:127.0.0.1:${numbers}`, "--net", `http:127.0.0.1:${web}`, "--net", "listen:127.0.0.1:0"]);
		ends.unshift(() => gateway.stop());
		const engine = await startEngine(name);
		ends.unshift(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.sockets);
		return page;
	}
	after(async () => {
		for (const end of ends)
			await end();
	});

	test(`${name}: a socket, a request and a body of 5 MB go where a rule says, and nowhere else`, async () => {
		const page = await opened();
		assert.equal(await page.evaluate(echoed, echo), "an echo");
		assert.equal(await page.evaluate(requested, { url: `http://127.0.0.1:${web}/` }), "GET 0");
		assert.equal(await page.evaluate(requested, { url: `http://127.0.0.1:${web}/`, bytes: BODY }), `POST ${BODY}`);
		assert.deepEqual(await page.evaluate(refused, web), ["SocketError ACCES", "TypeError "]);
	});

	test(`${name}: a long download (in Chromium by responses) has each byte once, and a reader that leaves it holds nobody up`, async () => {
		const page = await opened(), bytes = 40 << 20, heard = once(told, "line");
		const whole = await page.evaluate(downloaded, { port: numbers, bytes, leavesAt: bytes + 1 });
		assert.deepEqual({ ...whole, responses: whole.responses > 0 }, { at: bytes, wrong: -1, responses: name === "chromium" });
		assert.deepEqual(await heard, ["I have left"]);
		await page.evaluate(() => window.leave());
		const said = once(told, "line"), left = await page.evaluate(downloaded, { port: numbers, bytes, leavesAt: 10 << 20 });
		assert.equal(left.wrong, -1);
		assert.deepEqual(await said, ["I have left"]);
		await page.evaluate(() => window.leave());
		assert.equal(await page.evaluate(echoed, echo), "an echo");
	});

	test(`${name}: a chat of ${PEOPLE} connections in the page: everybody hears the same in one order, and others go on when half have left`, async () => {
		const page = await opened();
		const port = await page.evaluate(startChat);
		const people = Array.from({ length: PEOPLE }, () => visitor(port));
		await Promise.all(people.map((person) => person.heard(1)));
		people.slice(-SPEAKERS).forEach((person, i) => person.say(`I am ${i}`));
		const heard = await Promise.all(people.map((person) => person.heard(1 + SPEAKERS)));
		assert.deepEqual([...heard[0]].sort(), ["welcome", ...Array.from({ length: SPEAKERS }, (_, i) => `I am ${i}`)].sort());
		for (const lines of heard)
			assert.deepEqual(lines, heard[0]);
		const [gone, stay] = [people.slice(0, PEOPLE / 2), people.slice(PEOPLE / 2)];
		gone.forEach((person) => person.leave());
		await page.waitFor(`window.people() === ${stay.length}`);
		stay[0].say("who is left?");
		for (const lines of await Promise.all(stay.map((person) => person.heard(2 + SPEAKERS))))
			assert.equal(lines.at(-1), "who is left?");
		stay.forEach((person) => person.leave());
		await page.waitFor("window.people() === 0");
	});
}
