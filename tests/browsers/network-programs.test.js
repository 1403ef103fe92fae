// Programs that connect do in a page what they do natively, in each engine: POSIX sockets (guest/), WasmEdge's version 1, components' wasi:sockets and
// wasi:http; and w.net and w.fetch.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { engineNames, startEngine, waysOf } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { networkPeers } from "../gateway/net-peers.js";
import { requestsPeer } from "../gateway/net-requests.js";
import { after, test } from "../testing.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-network-programs-"));
after(() => fs.rmSync(root, { recursive: true, force: true }));
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>app</title><script type="module">
	import * as wvwasi from "/_wvwasi/wvwasi.js";
	window.wvwasi = wvwasi;
</script>`);

async function listening(server) {
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	after(() => server.close());
	return server.address().port;
}

const echo = await listening(net.createServer((socket) => socket.on("error", () => {}).pipe(socket)));
const web = await listening(http.createServer((request, response) => response.end(`${request.method} 0`)));

/* By the object that connect() gives: what is sent comes back over a listener of the page's own, and by datagrams. */
const byCalls = async ({ port, own, datagrams, url }) => {
	const w = await window.wvwasi.connect();
	const said = async (readable) => (await readable.getReader().read()).value;
	const socket = w.net.connect({ hostname: "127.0.0.1", port });
	await socket.writable.getWriter().write("by w.net");
	const echo = new TextDecoder().decode(await said(socket.readable));
	const listener = w.net.listen({ hostname: "127.0.0.1", port: own });
	await listener.opened;
	const client = w.net.connect({ hostname: "127.0.0.1", port: own });
	const server = await listener.accept();
	await client.writable.getWriter().write("to itself");
	const accepted = new TextDecoder().decode(await said(server.readable));
	const udp = w.net.udp({ remoteAddress: "127.0.0.1", remotePort: datagrams });
	await udp.writable.getWriter().write({ data: "datagram" });
	const datagram = new TextDecoder().decode((await said(udp.readable)).data);
	const fetched = await (await w.fetch(url)).text();
	await Promise.all([socket, client, server, udp, listener].map((one) => one.close()));
	w.close();
	return [echo, accepted, datagram, fetched];
};

/* A program that connects, in a worker of the page. */
const runs = async ({ program, args, wait, net }) => {
	const decoder = new TextDecoder();
	let said = "";
	const { exitCode } = await window.wvwasi.run(program,
		{ args: ["program", ...args], wait, net, stdout: (bytes) => void (said += decoder.decode(bytes, { stream: true })) });
	return { exitCode, said };
};
const build = process.env.WVWASI_BUILD ?? path.join(top, "build"), guests = path.join(build, "guests");
for (const file of ["sockets.wasm", "sockets3.wasm", "requests.wasm", "requests3.wasm"])
	fs.copyFileSync(path.join(build, "components", file), path.join(root, `component-${file}`));
for (const file of ["network.wasm", "sockets1.wasm"])
	fs.copyFileSync(path.join(guests, file), path.join(root, file));
/* Each run has a port of its own to listen at: the one before may hold its for a moment. */
const RUNS = [...["/network.wasm", "/sockets1.wasm"].flatMap((program) => [undefined, "xhr"].map((wait) => ({ program, wait }))),
	...["/component-sockets.wasm", "/component-sockets3.wasm"].flatMap((program) => [undefined, "shared", "xhr"].map((wait) => ({ program, wait })))];
const peers = await Promise.all(Array.from({ length: RUNS.length + 1 }, networkPeers));
const requests = await requestsPeer();
after(() => [...peers, requests].forEach((one) => one.close()));
const { stdout: native } = await promisify(execFile)(path.join(guests, "network"), peers[0].args);
const PROMISES = { "/component-sockets.wasm": 35, "/component-sockets3.wasm": 30 };
const REFUSED = /^sock_(?:open|connect)\(.*: 2\n$/; // ACCES, by sockets1
const SOCKETS1 = "connected, peer 4 127.0.0.1, its port 1\nhello back\naccepted, own 4\ndatagram from 127.0.0.1\n";

for (const name of engineNames)
	test(`${name}: programs with POSIX sockets (guest/), WasmEdge's version 1, wasi:sockets or wasi:http do in a page what they do natively; w.net, w.fetch too`, async (t) => {
		const gateway = await startGateway(["--root", root, ...[...peers, requests].flatMap((one) => one.net), "--net", `tcp:127.0.0.1:${echo}`, "--net",
			`http:127.0.0.1:${web}`]);
		t.after(() => gateway.stop());
		const engine = await startEngine(name);
		t.after(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.wvwasi);
		const has = (wait) => wait === undefined || waysOf[name].includes(wait);
		for (const [i, { program, wait }] of RUNS.entries()) {
			if (!has(wait))
				continue;
			const { exitCode, said } = await page.evaluate(runs, { program, wait, args: peers[i].args });
			assert.equal(exitCode, 0, `${program} ${wait}: ${said}`);
			if (program in PROMISES)
				assert.equal(said.match(/^ok /gm).length, PROMISES[program], said);
			else
				assert.equal(said, program === "/network.wasm" ? native : SOCKETS1, `${program} ${wait}`);
		}
		for (const wait of [undefined, "shared", "xhr"].filter(has))
			for (const program of ["/component-requests.wasm", "/component-requests3.wasm"]) {
				const { exitCode, said } = await page.evaluate(runs, { program, wait, args: requests.args });
				assert.deepEqual({ program, wait, exitCode, said }, { program, wait, exitCode: 0, said: requests.printed });
			}
		const [host, stream, ...others] = peers.at(-1).args;
		for (const [port, net] of [[stream, []], [stream, [`tcp:127.0.0.1:${others[1]}`]], [web, [`tcp:127.0.0.1:${web}`]]]) {
			const { said } = await page.evaluate(runs, { program: "/sockets1.wasm", args: [host, String(port), ...others], net });
			assert.match(said, REFUSED, `run() with net: [${net}] gives the program less, and never more`);
		}
		const [datagrams, , own] = others.map(Number);
		assert.deepEqual(await page.evaluate(byCalls, { port: echo, own, datagrams, url: `http://127.0.0.1:${web}/` }),
			["by w.net", "to itself", "datagram", "GET 0"]);
	});
