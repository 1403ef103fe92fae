// The npm package: the shim as it is served, its types, the Vite plugin, and the command, which starts the gateway of a package of its own.
// `node packaging/npm/assemble.js FOLDER VERSION`; with a release archive as third argument, that other package.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [to, version, release] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url)), top = path.join(here, "../..");

/** @param {string} name of the file beside this one @param {(manifest: object) => object} [more] */
function writeManifest(name, more = (manifest) => manifest) {
	const manifest = JSON.parse(fs.readFileSync(path.join(here, name), "utf8"));
	fs.writeFileSync(path.join(to, "package.json"), `${JSON.stringify(more({ ...manifest, version }), null, "\t")}\n`);
}

fs.rmSync(to, { recursive: true, force: true });
fs.mkdirSync(to, { recursive: true });
if (release) {
	execFileSync("tar", ["-C", to, "--strip-components=1", "-xzf", release]);
	writeManifest("gateway.json");
} else {
	fs.cpSync(path.join(top, "static/shim"), path.join(to, "shim"), { recursive: true });
	fs.mkdirSync(path.join(to, "bin"));
	for (const [from, name] of [["vite.js"], ["vite.d.ts"], ["wvwasi-gw.js", "bin/wvwasi-gw.js"], ["../../docs/BUNDLERS.md", "README.md"],
			["../../LICENSE", "LICENSE"]])
		fs.copyFileSync(path.join(here, from), path.join(to, name ?? from));
	fs.chmodSync(path.join(to, "bin/wvwasi-gw.js"), 0o755);
	// The gateway and the shim must be of one version.
	const pin = (packages) => Object.fromEntries(Object.keys(packages).map((name) => [name, version]));
	writeManifest("package.json", (manifest) => ({ ...manifest, optionalDependencies: pin(manifest.optionalDependencies) }));
}
