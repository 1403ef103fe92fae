// A net/http server of Go's, unchanged, on a socket of --tcplisten: fifty requests at once, each of which waits for the others.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";

import { top } from "../gateway/gateway.js";

const program = path.join(process.env.WVWASI_BUILD ?? path.join(top, "build"), "go/server.wasm");

function get(port, url) {
	return new Promise((resolve, reject) => {
		http.get({ host: "127.0.0.1", port, path: url, agent: false }, async (response) => {
			let text = "";
			for await (const chunk of response)
				text += chunk;
			resolve(text);
		}).on("error", reject);
	});
}

test("Go's net/http answers fifty requests that wait for one another", { timeout: 120_000 }, async () => {
	const child = spawn(path.join(top, "tests/run-wasm"), ["--tcplisten", "127.0.0.1:0", program, "50"]);
	let stdout = "", stderr = "", answers = null;
	child.stderr.on("data", (chunk) => (stderr += chunk));
	child.stdout.on("data", (chunk) => {
		stdout += chunk;
		const port = /^listening on 127\.0\.0\.1:(\d+)$/m.exec(stderr)?.[1];
		answers ??= Promise.all(Array.from({ length: 50 }, (_, i) => get(port, `/${i}`)));
	});
	const code = await new Promise((resolve) => child.on("close", resolve));
	assert.equal(code, 0, stderr);
	assert.equal(stdout, "listening\nserved 50\n");
	assert.deepEqual(await answers, Array.from({ length: 50 }, (_, i) => `/${i}`));
});
