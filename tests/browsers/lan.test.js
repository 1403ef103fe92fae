// A browser on a second machine, over TLS with our CA in its own store: in by the QR code's link and a yes, every way to wait, and nothing for
// who stands in between. Network namespaces are the machines.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

import { waysOf } from "../engines/index.js";
import { startGateway, top } from "../gateway/gateway.js";
import { test } from "../testing.js";
import { assertPassed } from "./guests.js";
import { twoMachines } from "./machines.js";

const asRoot = { skip: process.getuid() !== 0 && "needs root, for network namespaces", timeout: 180_000 };
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const visitor = fileURLToPath(new URL("lan-visitor.js", import.meta.url));
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-lan-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const root = path.join(base, "root");
fs.cpSync(path.join(top, "tests/pages"), root, { recursive: true });
fs.cpSync(path.join(build, "guests"), path.join(root, "guests"), { recursive: true });

/** Runs the visitor on the other machine; what it saw. */
function visit(there, ...args) {
	const [program, ...before] = [...there, process.execPath, visitor];
	const child = spawn(program, [...before, ...args], { stdio: ["ignore", "pipe", "inherit"] });
	let text = "";
	child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
	return new Promise((resolve, reject) => child.once("close", (code) =>
		(code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`the visitor ended with ${code}`)))));
}

// Stock WebKit has no more than the other one's second way.
for (const name of ["chromium", "firefox", "webkit+shared", ...(process.env.WVWASI_TEST === "all" ? ["webkit"] : [])])
	test(`${name} on a second machine: every way to wait over TLS, and nothing by a foreign certificate`, asRoot, async (t) => {
		for (const wait of waysOf[name])
			fs.mkdirSync(path.join(base, "work", `${name}-${wait}`), { recursive: true });
		const machines = twoMachines();
		t.after(machines.end);
		const start = async (data, args = []) => {
			const gateway = await startGateway(["--root", root, "--dir", `${base}/work::/data`, "--lan", ...args],
				{ env: { XDG_DATA_HOME: path.join(base, data) }, through: machines.here });
			t.after(() => gateway.stop());
			gateway.events.on("knock", ({ knock }) => gateway.say({ do: "admit", knock, yes: true }));
			return gateway;
		};
		const pair = (gateway) => {
			const fresh = new Promise((resolve) => gateway.events.once("pair", resolve));
			gateway.say({ do: "pair" });
			return fresh;
		};
		fs.mkdirSync(path.join(base, "albums/pictures"), { recursive: true });
		const gateway = await start("ours", [`--ask=${base}/albums`]), middle = await start("another user's");
		gateway.events.on("question", ({ question, text }) => {
			assert.match(text, /^A page in .* at 192\.168\.77\.2 \(session \d+\) asks for a folder, to read in it\.$/);
			gateway.say({ do: "answer", question, folder: "pictures" });
		});
		const { link } = await pair(gateway), foreign = await pair(middle);
		assert.match(link, /^https:\/\/192\.168\.77\.1:\d+\/_wvwasi\/enter#k=/);
		const asked = gateway.next("knock", undefined, 90_000);
		const seen = await visit(machines.there, name, path.join(base, "ours/wvwasi-gw/certs/authority.pem"), link.replace(/&to=.*/, "&to=/suite.html"),
			foreign.link);

		assert.equal(seen.error, undefined);
		if (name.startsWith("webkit")) { // it stays where it was, and its driver says nothing; or it shows that it was cancelled
			if (seen.foreignText === "")
				assert.equal(seen.foreignUrl, "about:blank");
			else
				assert.match(seen.foreignText, /^Operation was cancelled$/);
		} else {
			assert.match(seen.foreign, /ERR_CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER|MOZILLA_PKIX|insecure/i);
		}
		assert.doesNotMatch(seen.foreignText, /wvwasi-gw|terminal/);
		assert.equal(middle.log.some(({ event }) => event === "knock"), false, "who stands in between has seen no link");
		const { browser, address } = await asked;
		assert.match(browser, name.startsWith("webkit") ? /^Safari on Linux$/ : new RegExp(`^${name} on Linux$`, "i"));
		assert.equal(address, "192.168.77.2");
		assert.equal(seen.url, `${new URL(link).origin}/suite.html`);
		assert.equal(seen.secure, true);
		for (const wait of waysOf[name]) {
			assertPassed(seen.runs[wait], 100);
			assert.equal(seen.runs[wait].wait, wait);
		}
		assert.equal(seen.socketWithoutTicket, "refused");
		assert.equal(seen.picked, "/pictures", "the question stood at the gateway");
	});
