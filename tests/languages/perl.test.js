// Perl, compiled for WASI by others and unchanged: at its start it opens /dev/null, which programs have by default. In each engine, in each way to wait.
// It comes from npm's registry, pinned.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { startEngine, waysOf } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const PACKAGE = "@6over3/zeroperl-ts@1.0.10", SHA256 = "a6ae97f184fabc444b0b70d77c3d16475bfb3de16ebfb58ab8b2fbf98a53835e";
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-perl-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
execFileSync("npm", ["install", "--prefix", base, "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE],
	{ stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
const perl = path.join(base, "node_modules/@6over3/zeroperl-ts/dist/esm/zeroperl.wasm");
assert.equal(createHash("sha256").update(fs.readFileSync(perl)).digest("hex"), SHA256);
const root = path.join(base, "app"), files = path.join(base, "files");
fs.mkdirSync(root);
fs.mkdirSync(files);
fs.copyFileSync(perl, path.join(root, "perl.wasm"));
fs.copyFileSync(new URL("perl-worker.js", import.meta.url), path.join(root, "worker.js"));
fs.copyFileSync(new URL("../pages/app-worker-tickets.js", import.meta.url), path.join(root, "app-worker-tickets.js"));
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>Perl</title><script type="module">
import { getTicket } from "/_wvwasi/wvwasi.js";
import { serveTickets } from "./app-worker-tickets.js";
window.perl = (task) => serveTickets(new Worker("worker.js", { type: "module" }), getTicket, task);
</script>`);

const script = `
open(my $null, "+<", "/dev/null") or die "null: $!";
open(my $random, "<", "/dev/urandom") or die "urandom: $!";
print read($random, my $bytes, 8), " bytes\\n";
open(my $file, ">", "/work/made") or die "made: $!";
print $file "line $_\\n" for 1 .. 1000;
close $file or die $!;
opendir(my $folder, "/work") or die "work: $!";
print join(" ", sort grep { !/^[.]/ } readdir $folder), "\\n";
open($file, "<", "/work/made");
my @lines = <$file>;
print scalar @lines, " lines, the last is $lines[-1]";
exit 0;`;

async function runPerl(engine, wait, args = []) {
	const gateway = await startGateway(["--root", root, "--dir", `${files}::/work`, ...args]);
	const page = await engine.open(linkTo(gateway.ready.link, "/"));
	try {
		await page.waitFor(() => window.perl);
		return await page.evaluate((task) => window.perl(task), { wait, args: ["perl", "-e", script] });
	} finally {
		await page.close();
		await gateway.stop();
	}
}

for (const name of ["chromium", "firefox", "webkit+shared"]) {
	const engine = await startEngine(name);
	after(() => engine.close());
	for (const wait of waysOf[name])
		test(`${name}, ${wait}: Perl starts, and works on files`, async () => {
			fs.rmSync(path.join(files, "made"), { force: true });
			const { code, output } = await runPerl(engine, wait);
			assert.equal(output, "8 bytes\nmade\n1000 lines, the last is line 1000\n");
			assert.equal(code, 0);
		});
	test(`${name}: with --no-dev it says what it misses`, async () => {
		const { code, output } = await runPerl(engine, waysOf[name][0], ["--no-dev"]);
		assert.match(output, /^Can't open \/dev\/null: No such file or directory/);
		assert.notEqual(code, 0);
	});
}
