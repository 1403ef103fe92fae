// A page of another port of localhost sets all the cookies that a browser keeps for a host, for a year: links still let in, pages load and
// programs' connections open.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

test("Chromium with 180 cookies of 4 KiB for localhost: a link lets in, files load, calls are made", async () => {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-cookies-"));
	after(() => fs.rmSync(base, { recursive: true, force: true }));
	fs.writeFileSync(path.join(base, "index.html"), "<!doctype html><title>app</title>");
	const gateway = await startGateway(["--root", base, "--dir", `${base}::/work`]);
	after(() => gateway.stop());
	const other = http.createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
		response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>free kittens</title>");
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => other.once("listening", resolve));
	after(() => other.close() && other.closeAllConnections());
	const engine = await startEngine("chromium");
	after(() => engine.close());
	const page = await engine.open(`http://localhost:${other.address().port}/`);
	await page.evaluate(() => {
		for (let at = 0; at < 180; at++)
			document.cookie = `c${at}=${"v".repeat(4000)}; Max-Age=31536000; Path=/`;
	});
	const bytes = await page.evaluate(() => document.cookie.length);
	assert.ok(bytes > 500_000, `the browser keeps ${bytes} bytes of cookies`);
	const victim = await engine.open(linkTo(await gateway.link(), "/"));
	await victim.waitFor(() => localStorage.getItem("wvwasi.secret") !== null && location.pathname === "/");
	const names = await victim.evaluate(async () => {
		const { connect } = await import("/_wvwasi/wvwasi.js");
		const w = await connect();
		return w.fs.readdir("/work");
	});
	assert.deepEqual(names, ["index.html"]);
});
