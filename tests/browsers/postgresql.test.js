// PostgreSQL, from a page: the npm package pg as it is, bundled with a socket of ours in place of Node's "net" and "tls". The server is Debian's.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { startPostgres } from "../gateway/net-databases.js";
import { certificate } from "../gateway/net-peers.js";
import { after, test } from "../testing.js";

const COPIED = 10_000_000;
const its = certificate("DNS:localhost");
const root = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-postgresql-"));
after(() => [root, its.folder].forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

const node = "./tests/pages/node";
const stands = { net: "net.js", tls: "net.js", util: "util", assert: "assert.cjs", crypto: "util", path: "util", dns: "util", fs: "util" };
execFileSync("esbuild", ["tests/pages/postgresql.js", "--bundle", "--format=esm", "--target=esnext", "--define:global=globalThis",
	"--external:/_wvwasi/*", "--external:pg-native", "--external:cloudflare:sockets", "--alias:stream=readable-stream", ...Object.entries(stands).map(([name, file]) => `--alias:${name}=${node}/${file}`),
	`--inject:${node}/globals.js`, `--outfile=${path.join(root, "app.js")}`, "--log-level=error"], { cwd: top, stdio: ["ignore", "ignore", "inherit"] });
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>app</title><script type="module" src="app.js"></script>`);

const server = await startPostgres(its);
const ends = [() => server.stop()];
after(async () => {
	for (const end of ends)
		await end();
});
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

for (const name of ["chromium", "firefox", "webkit"]) {
	let opening = null;
	const ask = async (what, options) => (await (opening ??= open())).page.evaluate((which, given) => window.tests[which](given), what, options);
	const plain = { host: "localhost", port: server.port, user: server.user, password: server.password, database: "postgres" };
	const secure = { ...plain, ssl: true };

	async function open() {
		server.psql("DROP TABLE IF EXISTS accounts, copied");
		const gateway = await startGateway(["--root", root, "--net", `tcp:localhost:${server.port}`, "--net", `tcp:127.0.0.1:${server.port}`], { env: { SSL_CERT_FILE: its.ca } });
		ends.unshift(() => gateway.stop());
		const engine = await startEngine(name);
		ends.unshift(() => engine.close());
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.tests);
		return { page };
	}

	for (const [how, options] of [["a password", plain], ["TLS, by a certificate that is checked", secure]])
		test(`${name}: by ${how}, parameters and rows of each kind are what they are natively`, async () => {
			const [{ version, ...row }] = await ask("query", options);
			assert.deepEqual(row, { number: 42, text: "Grüße 日本", bytes: [0, 255, 10], at: "1970-01-02T00:00:00.000Z", json: { a: [1, null] },
				secure: options.ssl ?? false });
			assert.match(version, /^PostgreSQL 1\d/);
		});

	test(`${name}: a transaction is seen by nobody else, fails whole, and stays when it was committed`, async () => {
		assert.deepEqual(await ask("transaction", plain), { counts: [100, 0, 0, 7], errors: ["23514", "25P02"] });
		assert.equal(String(server.psql("SELECT sum(balance) FROM accounts")), "28\n");
	});

	test(`${name}: two hundred queries under way are answered in order, and a notification comes unasked`, async () => {
		assert.equal(await ask("pipelined", secure), true);
		assert.equal(await ask("notified", secure), "from afar");
	});

	test(`${name}: COPY of 10 MB each way, by digest`, async () => {
		const sent = await ask("copyIn", { ...plain, bytes: COPIED });
		const native = server.psql("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT");
		assert.deepEqual(sent, { bytes: native.length, rows: sent.rows, digest: sha256(native) });
		assert.ok(sent.bytes >= COPIED && sent.rows > COPIED / 100);
		for (const options of [plain, secure])
			assert.deepEqual(await ask("copyOut", options), sent);
	});

	test(`${name}: a wrong password, and a server whose certificate is for another name, are told as such`, async () => {
		assert.equal((await ask("refused", { ...plain, password: "another" })).code, "28P01");
		const { message } = await ask("refused", { ...secure, host: "127.0.0.1" });
		assert.match(message, /SocketError/);
	});
}
