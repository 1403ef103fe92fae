// CPython as it is published, on real files, which are compared from outside.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { test } from "../testing.js";

const script = `
import json, os, hashlib, sys, io
assert sorted(os.listdir("/")) == ["given.bin", "given.txt"], os.listdir("/")
text = open("/given.txt", encoding="utf-8").read()
data = open("/given.bin", "rb").read()
os.mkdir("/made")
os.makedirs("/made/a/b")
with open("/made/a/b/data.json", "w") as out:
    json.dump({"text": text, "sha": hashlib.sha256(data).hexdigest(), "size": len(data)}, out)
with open("/made/copy.bin", "wb") as out:
    for at in range(0, len(data), 1000):
        out.write(data[at:at + 1000])
with open("/made/log", "a") as log:
    for i in range(1000):
        log.write("line %d\\n" % i)
        if i % 100 == 0:
            log.flush()
os.rename("/made/copy.bin", "/made/renamed.bin")
os.symlink("renamed.bin", "/made/link")
assert os.readlink("/made/link") == "renamed.bin"
assert open("/made/link", "rb").read() == data
os.truncate("/made/log", 100) if hasattr(os, "truncate") else None
for i in range(20):
    open("/made/%d.tmp" % i, "w").close()
for name in os.listdir("/made"):
    if name.endswith(".tmp"):
        os.remove("/made/" + name)
os.remove("/given.txt")
os.rmdir("/made/a") if False else None
walked = sorted(os.path.join(top, name) for top, dirs, names in os.walk("/") for name in names)
print(json.dumps({"walked": walked, "version": sys.version_info[:2], "argv": sys.argv, "stat": os.stat("/made/log").st_size}))
sys.exit(42)
`;

/** @param {() => import("./fixture.js").Fixture} fixture @param {{ wait: string, coherence: string }} way */
export function python(fixture, way) {
	test("CPython reads, writes, renames, lists and removes real files", { timeout: 120_000 }, async () => {
		const folder = fixture().fresh();
		const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 13 & 255));
		fs.writeFileSync(path.join(folder.host, "given.bin"), data);
		fs.writeFileSync(path.join(folder.host, "given.txt"), "Grüße\n");
		const result = await fixture().run({ ...way, file: "python.wasm", args: ["python", "-c", script, "one", "zwei ü"], preopens: [["/", folder.guest]] });
		assert.equal(result.error?.stack, undefined);
		assert.equal(result.exitCode, 42, result.stderr);
		const said = JSON.parse(result.stdout);
		assert.deepEqual(said.version, [3, 12]);
		assert.deepEqual(said.argv, ["-c", "one", "zwei ü"]);
		assert.deepEqual(said.walked, ["/given.bin", "/made/a/b/data.json", "/made/link", "/made/log", "/made/renamed.bin"]);
		assert.equal(said.stat, fs.statSync(path.join(folder.host, "made/log")).size);
		const made = (name) => path.join(folder.host, "made", name);
		assert.deepEqual(fs.readdirSync(made("")).sort(), ["a", "link", "log", "renamed.bin"]);
		assert.ok(fs.readFileSync(made("renamed.bin")).equals(data), "the copy has the same bytes");
		assert.equal(fs.readlinkSync(made("link")), "renamed.bin");
		const json = JSON.parse(fs.readFileSync(made("a/b/data.json"), "utf8"));
		assert.equal(json.text, "Grüße\n");
		assert.equal(json.size, data.length);
		assert.equal(json.sha, (await import("node:crypto")).createHash("sha256").update(data).digest("hex"));
		assert.ok(!fs.existsSync(path.join(folder.host, "given.txt")));
		const log = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join("");
		assert.ok(log.startsWith(fs.readFileSync(made("log"), "utf8")));
	});

	test("CPython is a shell's filter: a script from input, an error on stderr", { timeout: 120_000 }, async () => {
		const result = await fixture()
			.run({ ...way, file: "python.wasm", args: ["python", "-"], preopens: [], stdin: "print(6 * 7)\nraise ValueError('so')\n" });
		assert.equal(result.stdout, "42\n", JSON.stringify(result));
		assert.match(result.stderr, /ValueError: so/);
		assert.equal(result.exitCode, 1);
	});
}
