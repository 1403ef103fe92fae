// A page on another machine whose network goes down in silence: its programs and calls end with GatewayLost, its user is told, and so is the terminal.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

import { startGateway, top } from "../gateway/gateway.js";
import { after, test } from "../testing.js";
import { twoMachines } from "./machines.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-dead-link-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const root = path.join(base, "root");
fs.cpSync(path.join(top, "tests/pages"), root, { recursive: true });
fs.cpSync(path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "guests"), path.join(root, "guests"), { recursive: true });
const visitor = fileURLToPath(new URL("dead-link-visitor.js", import.meta.url));

test("a link that went down in silence ends programs and calls in every way to wait, and both sides say so",
	{ skip: process.getuid() !== 0 && "needs root, for network namespaces", timeout: 180_000 }, async (t) => {
		const machines = twoMachines();
		t.after(machines.end);
		const gateway = await startGateway(["--root", root, "--lan"], { env: { XDG_DATA_HOME: path.join(base, "data") }, through: machines.here });
		t.after(() => gateway.stop());
		gateway.events.on("knock", ({ knock }) => gateway.say({ do: "admit", knock, yes: true }));
		const fresh = new Promise((resolve) => gateway.events.once("pair", resolve));
		gateway.say({ do: "pair" });
		const { link } = await fresh;
		const [program, ...before] = [...machines.there, process.execPath, visitor];
		const child = spawn(program, [...before, path.join(base, "data/wvwasi-gw/certs/authority.pem"), link.replace(/&to=.*/, "&to=/suite.html")],
			{ stdio: ["ignore", "pipe", "inherit"] });
		t.after(() => child.kill());
		const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
		const next = async () => JSON.parse((await lines.next()).value);
		assert.deepEqual(await next(), { running: true });
		execFileSync(machines.here[0], [...machines.here.slice(1), "ip", "link", "set", "cable", "down"]); // no FIN, no RST: nothing comes any more
		const seen = await next();
		assert.equal(seen.error, undefined);
		assert.equal(seen.outcomes.length, 4);
		for (const outcome of seen.outcomes)
			assert.match(outcome, /^GatewayLost: /);
		assert.match(seen.notice, /^The gateway hasn't answered for \d+ s.*\. Start the gateway again/);
		assert.match(seen.again, /^(GatewayLost|TypeError)$/); // another start fails, and does not hang
		assert.equal((await gateway.next("program-end", undefined, 90_000)).reason, "gone");
		execFileSync(machines.here[0], [...machines.here.slice(1), "ip", "address", "flush", "dev", "cable"]);
		gateway.say({ do: "pair" });
		assert.match((await gateway.next("error")).error, /^no other machine can connect: this one doesn't have the address any more/);
	});
