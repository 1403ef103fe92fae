// What can't work says so, before the program starts: once per engine.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { linkTo } from "../gateway/gateway.js";
import { test } from "../testing.js";

/* Small modules, by hand: magic and version, then sections. */
const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const name = (text) => [text.length, ...Buffer.from(text)];
const section = (id, ...bytes) => [id, bytes.length, ...bytes];
const voidType = section(1, 1, 0x60, 0, 0);
const importing = (...pairs) => Buffer.from([...head, ...voidType,
	...section(2, pairs.length, ...pairs.flatMap(([from, what]) => [...name(from), ...name(what), 0, 0]))]);

const modules = {
	"text.wasm": Buffer.from("this is no wasm at all\n"),
	"empty.wasm": Buffer.alloc(0),
	"cut.wasm": Buffer.from([...head, 1, 200]),
	"component.wasm": Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
	"missing.wasm": importing(["env", "first"], ["other", "second"]),
	"unstable.wasm": importing(["wasi_unstable", "fd_write"]),
	"threads.wasm": importing(["wasi", "thread-spawn"]),
	"shared.wasm": Buffer.from([...head, ...section(2, 1, ...name("env"), ...name("memory"), 2, 3, 1, 1)]),
};

/** @param {() => import("./fixture.js").Fixture} fixture */
export function refusals(fixture) {
	for (const [file, expected] of [
		["text.wasm", /text\.wasm is not a WebAssembly module/],
		["empty.wasm", /not a WebAssembly module/],
		["cut.wasm", /cut\.wasm/],
		["component.wasm", /component.*0\.2/],
		["missing.wasm", /env\.first.*other\.second/],
		["unstable.wasm", /wasi_unstable/],
		["threads.wasm", /thread/],
		["shared.wasm", /shared memory/],
		["nowhere.wasm", /nowhere\.wasm.*404/],
	])
		test(`${file.replace(".wasm", "")}: refused before the start, with a reason`, async () => {
			if (modules[file])
				fs.writeFileSync(path.join(fixture().base, "root", file), modules[file]);
			const result = await fixture().run({ file, preopens: [] });
			assert.match(result.error?.message ?? JSON.stringify(result), expected);
			assert.equal(result.exitCode, undefined);
		});

	for (const [what, preopens] of [
		["a folder that wasn't granted", [["/x", "/etc"]]],
		["a folder above a granted one", [["/", "/"]]],
		["a path with dots out of the grant", [["/x", "/data/../readonly/.."]]],
	])
		test(`${what}: NOTCAPABLE before the start`, async () => {
			const { error } = await fixture().run({ file: "guests/times.wasm", preopens });
			assert.equal(error?.name, "NOTCAPABLE", JSON.stringify(error));
			assert.equal(error.errno, 76);
		});

	test("a secret that the gateway doesn't know: the page is led to the entrance, or told", async () => {
		const gateway = await fixture().startGateway();
		const page = await fixture().openPage(gateway);
		try {
			const said = await page.evaluate(async () => {
				for (const key of Object.keys(localStorage))
					localStorage.setItem(key, "AAAAAAAAAAAAAAAAAAAAAA");
				const told = await window.suite.wvwasi.connect({ unpaired: "throw" }).catch((error) => error.name);
				return [told, Object.values(localStorage).includes("AAAAAAAAAAAAAAAAAAAAAA")];
			});
			assert.deepEqual(said, ["NotPaired", false]);
			await page.evaluate(() => {
				setTimeout(window.suite.wvwasi.connect); // the page leaves: not while it is being asked
			});
			await page.waitFor(() => location.pathname === "/_wvwasi/enter");
		} finally {
			await page.close();
			await gateway.stop();
		}
	});

	test("a page without a secret is led to the entrance, and comes back by a link", async () => {
		const gateway = await fixture().startGateway();
		const page = await fixture().engine.open(`${gateway.ready.url}/suite.html?x=1`);
		try {
			await page.waitFor(() => window.suite !== undefined);
			if (fixture().engine.name === "webview") { // let in when its window opened
				await page.waitFor(() => localStorage.getItem("wvwasi.secret") !== null);
				await page.evaluate(() => localStorage.removeItem("wvwasi.secret"));
			}
			await page.evaluate(() => {
				setTimeout(window.suite.wvwasi.connect); // the page leaves: not while it is being asked
			});
			await page.waitFor(() => location.pathname === "/_wvwasi/enter");
			await page.goto(linkTo(await gateway.link(), "/suite.html?x=1"));
			await page.waitFor(() => location.pathname === "/suite.html" && window.suite !== undefined);
			assert.equal(await page.evaluate(() => location.search), "?x=1");
			const { exitCode } = await page.evaluate((options) => window.suite.run(options),
				{ file: "guests/ends.wasm", args: ["ends", "return", "4"], preopens: [] });
			assert.equal(exitCode, 4);
		} finally {
			await page.close();
			await gateway.stop();
		}
	});

	test("a stale shim: told to reload, not served", async () => {
		const said = await fixture().ask(async () => {
			const ticket = await window.suite.wvwasi.getTicket();
			const socket = new WebSocket(`ws://${location.host}/_wvwasi/ws`, ["wvwasi.1", `t.${ticket}`]);
			socket.binaryType = "arraybuffer";
			const hello = new DataView(new ArrayBuffer(8 + 4 + 8 + 4 + 4 + 8 + 4 * 4));
			hello.setUint32(0, hello.byteLength, true);
			hello.setUint8(4, 1); // HELLO
			hello.setUint32(8, 1, true); // version
			hello.setBigUint64(12, 0x1234n, true); // no table has this hash
			hello.setUint32(20, 1, true); // NEW
			const heard = [];
			socket.onmessage = ({ data }) => heard.push(new Uint8Array(data)[4]);
			const closed = new Promise((resolve) => {
				socket.onclose = ({ code, reason }) => resolve({ code, reason, heard });
			});
			socket.onopen = () => socket.send(hello.buffer);
			return closed;
		});
		assert.equal(said.code, 4409, JSON.stringify(said));
		assert.deepEqual(said.heard, [0x87], "REFUSED and nothing else");
	});

	test("a wait that the browser hasn't, or nobody has, is refused by name", async () => {
		const { error } = await fixture().run({ file: "guests/ends.wasm", wait: "telepathy", preopens: [] });
		assert.match(error.message, /telepathy/);
	});
}
