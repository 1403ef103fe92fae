// Makes a component of a program of preview1, as `jco new --wasi-command` does, with jco's own adapter: node new.js JCO MODULE COMPONENT. JCO: a folder with
// jco's packages, as npm would install them, but without what they need for other things (350 MB).
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [jco, module, component] = process.argv.slice(2);
const packages = path.resolve(jco, "node_modules/@bytecodealliance");
const { $init, tools } = await import(pathToFileURL(path.join(packages, "jco-transpile/vendor/wasm-tools.js")));

await $init;
const adapter = fs.readFileSync(path.join(packages, "jco/lib/wasi_snapshot_preview1.command.wasm"));
fs.writeFileSync(component, tools.componentNew(fs.readFileSync(module), [["wasi_snapshot_preview1", adapter]]));
