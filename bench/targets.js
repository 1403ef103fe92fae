// Every target beside what was measured last: `node bench/targets.js` reads what the other parts of make bench left in build/bench, prints a
// table and leaves targets.md there.
import fs from "node:fs";
import path from "node:path";

import { place, workloads } from "./workloads.js";

const MESSAGE_BYTES = 32 << 10, MESSAGE_MS = 2;
const COMPONENT_MS = 100;
const FIRST_MS = 40, THIRD_MS = { webkit: 50, others: 30 }; // the first beyond what a bare page takes to download and compile the program
const FETCHED = 1.3, FETCHED_MORE = 1 << 20;

const left = (name) => {
	const file = path.join(place, `${name}.json`);
	return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
};

const rows = [];
const row = (what, measured, target, met) => rows.push({ what, measured: String(measured), target: String(target), met });

for (const [key, result] of Object.entries(left("results"))) {
	if (result.error) {
		row(key, result.error, "to run", false);
		continue;
	}
	const { name, engine, waits, messages, bytes, received, ms, target } = result;
	if (engine === "chromium")
		row(`${key}: waits`, waits, target, waits <= target);
	const most = Math.ceil(waits + bytes / MESSAGE_BYTES + ms / MESSAGE_MS);
	row(`${key}: messages`, messages, most, messages <= most);
	const fetched = FETCHED * workloads.find((workload) => workload.name === name).readMB * 1e6 + FETCHED_MORE;
	row(`${key}: MB fetched`, (received / 1e6).toFixed(2), (fetched / 1e6).toFixed(2), received <= fetched);
}
for (const [key, { error, overheadMs, mostMs }] of Object.entries(left("overhead"))) {
	if (error)
		row(`${key}: overhead`, error, "to run", false);
	else
		row(`${key}: overhead, ms`, overheadMs.toFixed(0), mostMs.toFixed(0), overheadMs <= mostMs);
}
for (const [key, its] of Object.entries(left("starts"))) {
	const most = its["bare compiled"] + FIRST_MS, wanted = key.endsWith("webkit+shared") ? THIRD_MS.webkit : THIRD_MS.others;
	if (its["bare compiled"] !== undefined)
		row(`${key}: first run, ms to _start`, its["first start"].toFixed(0), most.toFixed(0), its["first start"] <= most);
	row(`${key}: third run, ms to _start`, its["third start"].toFixed(0), wanted, its["third start"] <= wanted);
	const module = left("starts")[key.replace(".component", "")];
	if (module === undefined || !key.includes(".component"))
		continue;
	const more = its["second start"] - module["second start"];
	row(`${key}: second start beyond the module's, ms`, more.toFixed(0), COMPONENT_MS, more <= COMPONENT_MS);
}
rows.push(...Object.values(left("server")), ...Object.values(left("network")).filter(({ target }) => target !== ""),
	...Object.values(left("calls")).filter(({ target }) => target !== ""));

const lines = rows.map(({ what, measured, target, met }) => `| ${what} | ${measured} | ${target} | ${met ? "ok" : "missed"} |`);
const missed = rows.filter(({ met }) => !met).length;
const text = `# Targets

${rows.length - missed} of ${rows.length} are met.

| | measured | target | |
|---|---:|---:|---|
${lines.join("\n")}
`;
fs.writeFileSync(path.join(place, "targets.md"), text);
console.log(text);
