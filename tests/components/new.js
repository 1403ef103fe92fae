// Makes a component of a program of preview1, as `jco new --wasi-command` does, with jco's own adapter: node new.js JCO MODULE COMPONENT. JCO: a folder with
// jco's packages, as npm would install them, but without what they need for other things (350 MB).
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { witWith } from "./wit.js";

const [jco, module, component] = process.argv.slice(2);
const packages = path.resolve(jco, "node_modules/@bytecodealliance");
const { $init, tools } = await import(pathToFileURL(path.join(packages, "jco-transpile/vendor/wasm-tools.js")));

await $init;
/* What it imports beside preview1, where there is WIT for it. */
const wit = new URL(`${path.basename(module, ".wasm")}.wit`, import.meta.url);
const witOf = (text) => witWith(jco, text, text.includes("@0.3.0") ? "0.3.0" : undefined);
const bytes = fs.readFileSync(module);
const embedded = fs.existsSync(wit) ? tools.componentEmbed({ binary: bytes, witSource: witOf(fs.readFileSync(wit, "utf8")) }) : bytes;
const isCommand = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).some(({ name }) => name === "_start");
const adapter = fs.readFileSync(path.join(packages, `jco/lib/wasi_snapshot_preview1.${isCommand ? "command" : "reactor"}.wasm`));
fs.writeFileSync(component, tools.componentNew(embedded, [["wasi_snapshot_preview1", adapter]]));
