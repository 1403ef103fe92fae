// Pyodide, as it comes from npm's registry, pinned: mountNativeFS() mounts a folder of the user's, in each engine.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const PACKAGE = "pyodide@314.0.7", SHA256 = "cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6";
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-pyodide-")), root = path.join(base, "root");
after(() => fs.rmSync(base, { recursive: true, force: true }));
execFileSync("npm", ["install", "--prefix", base, "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE],
	{ stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
assert.equal(createHash("sha256").update(fs.readFileSync(path.join(base, "node_modules/pyodide/pyodide.asm.wasm"))).digest("hex"), SHA256);
fs.cpSync(path.join(base, "node_modules/pyodide"), path.join(root, "pyodide"), { recursive: true });
fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>Pyodide</title><script type="module">
import { getDirectoryHandle } from "/_wvwasi/files.js";
import { loadPyodide } from "./pyodide/pyodide.mjs";
window.begin = async () => {
	const pyodide = await loadPyodide({ indexURL: "/pyodide/" });
	const mounted = await pyodide.mountNativeFS("/mnt", await getDirectoryHandle("/work"));
	const said = pyodide.runPython(\`
import os, pathlib
mnt = pathlib.Path("/mnt")
(mnt / "made").mkdir()
(mnt / "made/squares.txt").write_text("".join(f"{i * i}\\\\n" for i in range(1000)))
(mnt / "old.txt").write_text("changed")
(mnt / "gone.txt").unlink()
sorted(str(path.relative_to(mnt)) for path in mnt.rglob("*")).__repr__() + (mnt / "deep/note.txt").read_text()\`);
	await mounted.syncfs();
	return said;
};
window.python = () => window.begin().then((said) => ({ said }), (error) => ({ error: String(error) }));
</script>`);

for (const name of engineNames)
	test(`${name}: Pyodide's mountNativeFS reads and changes a real folder`, async () => {
		const work = path.join(base, name), at = (...names) => path.join(work, ...names);
		fs.mkdirSync(at("deep"), { recursive: true });
		fs.writeFileSync(at("deep/note.txt"), "a note");
		fs.writeFileSync(at("old.txt"), "old");
		fs.writeFileSync(at("gone.txt"), "gone");
		const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`]), engine = await startEngine(name);
		try {
			const page = await engine.open(linkTo(gateway.ready.link, "/"));
			await page.waitFor(() => window.python);
			const { said, error } = await page.evaluate(() => window.python());
			assert.equal(said, "['deep', 'deep/note.txt', 'made', 'made/squares.txt', 'old.txt']a note", error);
			assert.equal(fs.readFileSync(at("old.txt"), "utf8"), "changed");
			assert.equal(fs.readFileSync(at("made/squares.txt"), "utf8").split("\n")[999], "998001");
			assert.ok(!fs.existsSync(at("gone.txt")));
		} finally {
			await engine.close();
			await gateway.stop();
		}
	});
