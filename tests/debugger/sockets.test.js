// In the inspector a socket has its peer, state and bytes, and what may be reached is told: a program in Node, the inspector in each engine.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";

import { engineNames, startEngine } from "../engines/index.js";
import { ROOT_ONLY, openFixture } from "../gateway/call-fixture.js";
import { HELLO, call, handle } from "../gateway/client.js";
import { Debugger, TO_DEBUGGER } from "../gateway/debugger.js";
import { endpoint } from "../gateway/net-endpoint.js";
import { after, test } from "../testing.js";
import { InspectorPage } from "./inspector-page.js";

const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket));
await once(echo.listen(0, "127.0.0.1"), "listening");
const { port } = echo.address();
/** Nobody's rule names it. */
const asked = net.createServer((socket) => socket.on("error", () => {}));
await once(asked.listen(0, "127.0.0.1"), "listening");
const other = asked.address().port;
after(() => {
	echo.close();
	asked.close();
});
const fixture = await openFixture(["--net", `tcp:localhost:${port}`, "--net", "listen:127.0.0.1:0", "--net", "ask"]);
after(() => fixture.close());
const [A, B, L] = [handle(8), handle(9), handle(10)];
const opened = (at) => call("sock_open", [4, 1, at]);
const hello = () => fixture.session.connect({ ...ROOT_ONLY, args: ["tool"], flags: ROOT_ONLY.flags | HELLO.NET,
	net: [`tcp:localhost:${port}`, "listen:127.0.0.1:0", "tcp:127.0.0.1:1-65535"] });
const echoes = (wire, bytes) => wire.calls(call("sock_send", [A, 0, Buffer.alloc(bytes)]), call("sock_recv", [A, 2, bytes]));
const RECV_ALL = 2;
let questions = 0;

/** A program with a connection, one to be, and a listener. */
async function begin() {
	const wire = await hello();
	await wire.calls(opened(A), call("sock_connect", [A, endpoint("localhost", port), 0]), opened(B));
	for (const one of [opened(L), call("sock_bind", [L, endpoint("127.0.0.1", 0)]), call("sock_listen", [L, 1])])
		assert.equal((await wire.calls(one))[0].errno, 0);
	return wire;
}
/** The user says yes to what the program asks for. */
async function allow(wire) {
	const calls = [call("sock_connect", [B, endpoint("127.0.0.1", other), 0])], waiting = wire.batch(calls);
	const { question } = await fixture.gateway.next("question", ({ question: number }) => number > questions);
	questions = question;
	fixture.gateway.say({ do: "answer", question, yes: true });
	assert.equal((await wire.answer(waiting, calls))[0].errno, 0);
}

test("by the wire: who attaches later is told all, then what changes", async () => {
	const wire = await begin();
	const debug = await Debugger.attach(fixture.gateway), id = wire.welcome.guest;
	const sockets = (test_) => debug.when(() => debug.frames.filter(({ type, program }) => type === TO_DEBUGGER.SOCKETS && program === id)
		.flatMap(({ sockets: all }) => all).findLast(test_));
	const { own, ...first } = await sockets(({ handle: at }) => at === A);
	assert.match(own, /^127\.0\.0\.1:\d+$/);
	assert.deepEqual(first, { handle: A, kind: 1, state: 3, flags: 0, received: 0, sent: 0, peer: `127.0.0.1:${port}`, name: `localhost:${port}` });
	assert.equal((await sockets(({ handle: at }) => at === L)).state, 4);
	await echoes(wire, 1000);
	await sockets(({ handle: at, received, sent }) => at === A && received === 1000 && sent === 1000);
	await wire.calls(call("sock_shutdown", [A, 2]), call("sock_recv", [A, 0, 10]));
	await sockets(({ handle: at, flags }) => at === A && flags === 6);
	const rules = (which) => debug.when(() => debug.frames.findLast((frame) => frame.type === TO_DEBUGGER.RULES && frame.which === which)?.rules);
	assert.deepEqual(await rules(0), [`tcp:localhost:${port}`, "listen:127.0.0.1:0", "ask"]);
	assert.deepEqual(await rules(1), [`tcp:localhost:${port}`, "listen:127.0.0.1:0", "tcp:127.0.0.1:1-65535"]);
	await allow(wire);
	assert.deepEqual(await rules(2), [`tcp:127.0.0.1:${other}`]);
	await sockets(({ handle: at, state, name }) => at === B && state === 3 && name === "");
	await wire.calls(opened(handle(20)));
	await sockets(({ handle: at, state }) => at === handle(20) && state === 0);
	const { serial, filetype } = await debug.when(() => {
		const at = debug.handles(id).get(handle(20));
		return at && { serial: at.opened, filetype: at.filetype };
	});
	assert.ok(serial > 0 && filetype === 6, `${serial} ${filetype}`);
	await debug.close();
	await wire.close();
});

for (const name of engineNames)
	test(`${name}: the list of handles shows them, and the rules stand below`, async (t) => {
		const engine = await startEngine(name);
		const ends = [() => engine.close()];
		t.after(async () => {
			for (const end of ends.reverse())
				await end();
		});
		const wire = await begin();
		ends.push(() => wire.close());
		const inspector = await InspectorPage.open(engine, fixture.gateway);
		ends.push(() => inspector.close());
		const row = (number, fits) => inspector.until(`handle ${number}`, async () => {
			const found = (await inspector.handles()).find((one) => one.number === String(number));
			return found && fits(found) ? found : null;
		});
		const is = (number, text) => row(number, ({ kind, path }) => kind === "tcp" && path.replace(/\s+/g, " ") === text);
		await is(8, `localhost:${port} connected \u21930 B \u21910 B`);
		await is(9, "open \u21930 B \u21910 B");
		await row(10, ({ path }) => /^127\.0\.0\.1:\d+\s+listening/.test(path));
		const title = await inspector.page.evaluate(() => [...document.querySelectorAll("#handles bdi")].map((one) => one.title)
			.find((text) => text.includes("here")));
		assert.match(title, new RegExp(`^localhost:${port}\\npeer 127\\.0\\.0\\.1:${port}\\nhere 127\\.0\\.0\\.1:\\d+\\n0 bytes received\\n0 bytes sent$`));
		await echoes(wire, 20_000);
		await is(8, `localhost:${port} connected \u219320.0 kB \u219120.0 kB`);
		await wire.calls(call("sock_shutdown", [A, RECV_ALL]));
		await is(8, `localhost:${port} all sent \u219320.0 kB \u219120.0 kB`);
		await inspector.seen("#rules", new RegExp(`--net allows\\s+tcp:localhost:${port}\\s+listen:127\\.0\\.0\\.1:0\\s+ask\\s+Its page keeps it to\\s`));
		await allow(wire);
		await inspector.seen("#rules", new RegExp(`You allowed\\s+tcp:127\\.0\\.0\\.1:${other}$`));
		await is(9, `127.0.0.1:${other} connected \u21930 B \u21910 B`);
		await inspector.row(new RegExp(`^sock_connect\\(9, \\{sa_family=AF_INET, sin_port=htons\\(${other}\\), sin_addr=inet_addr\\("127\\.0\\.0\\.1"\\)\\}, 0\\) = 0$`));
		if (process.env.WVWASI_SCREENSHOTS)
			await inspector.page.screenshot(`${process.env.WVWASI_SCREENSHOTS}-${name}.png`);
		assert.deepEqual(await inspector.findings(), []);
		await wire.calls(call("fd_close", [A]));
		await inspector.until("the closed one to go", async () => (await inspector.handles()).every(({ number }) => number !== "8"));
	});
