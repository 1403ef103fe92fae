// node:wasi, as the other host: `node node-wasi.js PROGRAM FOLDER ARG…` runs it with FOLDER as its only one.
import fs from "node:fs";
import { WASI } from "node:wasi";

const [program, folder, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: ["walk", ...args], preopens: { "/": folder } });
const { instance } = await WebAssembly.instantiate(fs.readFileSync(program), { wasi_snapshot_preview1: wasi.wasiImport });
wasi.start(instance);
