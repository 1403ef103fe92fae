// A component on Node, by jco's transpiler and its preview2-shim: `node in-node.js JCO COMPONENT FOLDER ARG…` runs it with FOLDER as `/`. What
// is transpiled stays below JCO, where the shim is found.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [jco, component, folder, ...args] = process.argv.slice(2);
const packages = path.resolve(jco, "node_modules/@bytecodealliance");
const name = path.basename(component, ".wasm"), to = path.resolve(jco, "transpiled", `${name}-${process.pid}`);
const { $init, generate } = await import(pathToFileURL(path.join(packages, "jco-transpile/vendor/js-component-bindgen-component.js")));
const MAP = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"].map((kind) => [`wasi:${kind}/*`, `@bytecodealliance/preview2-shim/${kind}#*`]);

await $init;
const { files } = generate(fs.readFileSync(component), { name, map: MAP, validLiftingOptimization: false, tracing: false, noNodejsCompat: false,
	noTypescript: true, tlaCompat: false, base64Cutoff: 0, noNamespacedExports: false, noComponentErrorWrapping: true, multiMemory: false });
fs.mkdirSync(to, { recursive: true });
process.on("exit", () => fs.rmSync(to, { recursive: true, force: true }));
for (const [file, bytes] of files) {
	fs.mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
	fs.writeFileSync(path.join(to, file), bytes);
}
fs.writeFileSync(path.join(to, "shim.js"), 'export * as cli from "@bytecodealliance/preview2-shim/cli";\n'
	+ 'export * as filesystem from "@bytecodealliance/preview2-shim/filesystem";\n');
fs.writeFileSync(path.join(to, "package.json"), '{ "type": "module" }\n');
const { cli, filesystem } = await import(pathToFileURL(path.join(to, "shim.js")));
cli._setArgs([name, ...args]);
for (const stream of ["Stdin", "Stdout", "Stderr"])
	cli[`_setTerminal${stream}`](undefined);
filesystem._setPreopens(folder === "" ? {} : { "/": folder });
const { run } = await import(pathToFileURL(path.join(to, `${name}.js`)));
run.run();
