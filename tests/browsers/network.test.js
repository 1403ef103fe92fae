// A page reaches what --net allows, and nothing else: sockets and requests, in each engine. What they can do in detail: tests/gateway/net-*.test.js.
import assert from "node:assert/strict";
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
	import { connect, fetch } from "/_wvwasi/sockets.js";
	window.sockets = { connect, fetch };
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
const requested = async ({ url, bytes }) => (await window.sockets.fetch(url, bytes ? { method: "POST", body: new Uint8Array(bytes) } : {})).text();
const refused = async (port) => Promise.all([window.sockets.connect({ hostname: "127.0.0.1", port }).opened, window.sockets.fetch("https://example.org/")]
	.map((promise) => promise.then(() => null, ({ name, code = "" }) => `${name} ${code}`)));

for (const name of engineNames)
	test(`${name}: a socket, a request and a body of 5 MB go where a rule says, and nowhere else`, async (t) => {
		const gateway = await startGateway(["--root", root, "--net", `tcp:127.0.0.1:${echo}`, "--net", `http:127.0.0.1:${web}`]);
		t.after(() => gateway.stop());
		const engine = await startEngine(name);
		t.after(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.sockets);
		assert.equal(await page.evaluate(echoed, echo), "an echo");
		assert.equal(await page.evaluate(requested, { url: `http://127.0.0.1:${web}/` }), "GET 0");
		assert.equal(await page.evaluate(requested, { url: `http://127.0.0.1:${web}/`, bytes: BODY }), `POST ${BODY}`);
		assert.deepEqual(await page.evaluate(refused, web), ["SocketError ACCES", "TypeError "]);
	});
