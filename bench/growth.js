// make bench-growth: how waits and time grow with what a program looks at: 10 to 100,000 files of 1 KB, all in one folder, and ten in each of
// many, listed, looked at and read. Chromium, jspi, default and strict. Writes docs/GROWTH.md and docs/growth.svg. MOST: fewer files.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { runInBrowser } from "./browser.js";
import { plot } from "./plot.js";
import { place } from "./workloads.js";

const docs = fileURLToPath(new URL("../docs/", import.meta.url));
const MOST = Number(process.env.MOST ?? 100_000), RUN_MS = 900_000, FILE = Buffer.alloc(1000, "what a file holds\n");
const sizes = [10, 100, 1000, 10_000, 100_000].filter((files) => files <= MOST);
/** Where the nth of them is. */
const SHAPES = {
	flat: { about: "all in one folder", file: (n) => `f${n}` },
	deep: { about: "ten in each folder, ten folders in each", file: (n) =>
	`${[...String(Math.floor(n / 10))].map((digit) => `d${digit}/`).join("")}f${n % 10}` },
};

function makeFiles(folder, count, file) {
	for (let n = 0; n < count; n++) {
		const at = path.join(folder, file(n));
		if (n % 10 === 0)
			fs.mkdirSync(path.dirname(at), { recursive: true });
		fs.writeFileSync(at, FILE);
	}
}

const rows = [];
for (const [shape, { file }] of Object.entries(SHAPES))
	for (const files of sizes) {
		const name = `growth/${shape}-${files}`;
		fs.rmSync(path.join(place, name), { recursive: true, force: true });
		makeFiles(path.join(place, name), files, file);
		for (const coherence of ["default", "strict"]) {
			const workload = { name, program: "growth.wasm", arg0: "growth", args: ["/w"], dirs: [`${name}::/w`], timeoutMs: RUN_MS,
				prints: new RegExp(`, ${files} files, ${files * FILE.length} bytes`) };
			const runs = [];
			for (let run = 0; run < (files > 1000 ? 1 : 3); run++)
				runs.push(await runInBrowser(workload, { wait: "jspi", coherence }));
			const { ms, stats } = runs.sort((a, b) => a.ms - b.ms)[runs.length >> 1];
			rows.push({ shape, coherence, files, ms, waits: stats.roundTrips, received: stats.bytesReceived });
			console.log(`${shape} ${files} files, ${coherence}: ${stats.roundTrips} waits, ${ms.toFixed(0)} ms, ${stats.bytesReceived} bytes`);
		}
		fs.rmSync(path.join(place, name), { recursive: true });
	}

const of = (shape, coherence, files) => rows.find((row) => row.shape === shape && row.coherence === coherence && row.files === files);
const number = (value, digits = 0) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const line = (shape, files) => {
	const [ours, strict] = ["default", "strict"].map((coherence) => of(shape, coherence, files));
	return `| ${number(files)} | ${number(ours.waits)} | ${number(strict.waits)} | ${number(ours.waits / files, 2)} | ${number(ours.ms)} | ${number(strict.ms)} | ${number(ours.ms * 1000 / files)} |`;
};
fs.writeFileSync(path.join(docs, "growth.svg"), plot(rows));
fs.writeFileSync(path.join(docs, "GROWTH.md"), `# How waits and time grow
A program lists every folder, asks what each name is and reads each file of 1,000 bytes (\`bench/guest/growth.c\`), in Chromium by jspi; \`make bench-growth\`
measures again and writes this page. Time is from _start to exit, on a first start: the median of three runs up to 1,000 files, one run beyond.
A folder is leased whole or not at all. One with a listing of more than 4 MiB (about 50,000 names) isn't leased, and each of its files waits twice.

![waits and time over the number of files](growth.svg)
${Object.entries(SHAPES).map(([shape, { about }]) => `
## ${shape[0].toUpperCase()}${shape.slice(1)}: ${about}
| files | waits | strict | waits a file | ms | strict | µs a file |
|---:|---:|---:|---:|---:|---:|---:|
${sizes.map((files) => line(shape, files)).join("\n")}
`).join("")}`);
