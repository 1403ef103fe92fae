// The npm package's page side: the shim as it is served, its types, the Vite plugin. `node packaging/npm/assemble.js FOLDER VERSION`.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [to, version] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url)), top = path.join(here, "../..");

fs.rmSync(to, { recursive: true, force: true });
fs.cpSync(path.join(top, "static/shim"), path.join(to, "shim"), { recursive: true });
for (const name of ["vite.js", "vite.d.ts"])
	fs.copyFileSync(path.join(here, name), path.join(to, name));
fs.copyFileSync(path.join(top, "docs/BUNDLERS.md"), path.join(to, "README.md"));
fs.copyFileSync(path.join(top, "LICENSE"), path.join(to, "LICENSE"));
const manifest = JSON.parse(fs.readFileSync(path.join(here, "package.json"), "utf8"));
fs.writeFileSync(path.join(to, "package.json"), `${JSON.stringify({ ...manifest, version }, null, "\t")}\n`);
