// The rooms of this tree and who includes whom, from the sources themselves: `node map.js [TOP]` prints the rooms from the lowest up, and exits with 1
// when an arrow points up, when two rooms point at each other, and when files include each other in a circle.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The rooms, lowest first: a file may include what lies in its own room and in those before it. A folder in a room belongs to it. */
const ORDER = [
	"wasi", "server/base", "server/dialer", "certs", "server/wire", "server/auth", "server/network", "server/program", "server/debugger", "server/tls",
	"server/http", "server/doors",
	"server/keeper", "server", "webview",
	"static/shim/base", "static/shim/gateway", "static/shim/cache", "static/shim/imports", "static/shim/wait", "static/shim/component", "static/shim/program",
	"static/shim/recording", "static/shim/page", "static/shim", "static", "static/enter", "static/folders", "static/terminal", "static/inspector",
];

const top = process.argv[2] ?? path.dirname(fileURLToPath(import.meta.url));
const INCLUDE_C = /^[ \t]*#[ \t]*include[ \t]+"([^"]+)"/gm;
const IMPORT_JS = /^[ \t]*(?:import|export)\b(?:[^"';]*?\bfrom)?[ \t\n]*"([^"]+)"/gm;

/** Every source file below `folder`. */
const sourcesOf = (folder) => fs.readdirSync(path.join(top, folder), { withFileTypes: true }).flatMap((entry) => {
	const name = path.join(folder, entry.name);

	return entry.isDirectory() ? sourcesOf(name) : /\.([ch]|def|js)$/.test(name) ? [name] : [];
});

/** Where an include of `file` leads, or undefined: nowhere in this tree. */
function targetOf(file, said) {
	const places = file.endsWith(".js") ? [said.startsWith("/_wvwasi/") ? `static/${said.slice("/_wvwasi/".length)}` : path.join(path.dirname(file), said)]
		: [path.join(path.dirname(file), said), said];

	return places.find((place) => fs.existsSync(path.join(top, place)));
}

/** @returns {{from: string, to: string, line: number, said: string}[]} */
function includesOf(file) {
	const text = fs.readFileSync(path.join(top, file), "utf8");
	const found = [];

	for (const match of text.matchAll(file.endsWith(".js") ? IMPORT_JS : INCLUDE_C)) {
		const to = targetOf(file, match[1]);

		if (to)
			found.push({ from: file, to, line: text.slice(0, match.index + match[0].length).split("\n").length, said: match[1] });
	}
	return found;
}

const roomOf = (file) => path.dirname(file);
const rankOf = (room) => {
	const at = ORDER.indexOf(room);

	return at >= 0 ? at : room.includes("/") ? rankOf(path.dirname(room)) : -1;
};
/** A source and its header are one. */
const unitOf = (file) => file.replace(/\.[ch]$/, "");
const words = ({ from, line, said }) => `${from}:${line} includes "${said}"`;

/** Units that reach each other: each with the includes that close the circle. */
function cyclesIn(includes) {
	const edges = new Map(), index = new Map(), low = new Map(), stack = [], cycles = [];

	for (const include of includes)
		if (unitOf(include.from) !== unitOf(include.to))
			edges.set(unitOf(include.from), [...edges.get(unitOf(include.from)) ?? [], include]);
	const visit = (unit) => {
		index.set(unit, index.size);
		low.set(unit, index.get(unit));
		stack.push(unit);
		for (const { to } of edges.get(unit) ?? []) {
			const next = unitOf(to);

			if (!index.has(next))
				visit(next);
			if (stack.includes(next))
				low.set(unit, Math.min(low.get(unit), low.get(next)));
		}
		if (low.get(unit) !== index.get(unit))
			return;
		const members = stack.splice(stack.indexOf(unit));

		if (members.length > 1)
			cycles.push(members.flatMap((member) => edges.get(member).filter(({ to }) => members.includes(unitOf(to)))));
	};

	for (const unit of edges.keys())
		if (!index.has(unit))
			visit(unit);
	return cycles;
}

/** What is wrong with these includes, as lines. */
function faultsIn(includes) {
	const faults = [], arrows = new Map();

	for (const include of includes) {
		const from = roomOf(include.from), to = roomOf(include.to);

		if (from === to)
			continue;
		const pair = `${from} ${to}`, back = arrows.get(`${to} ${from}`);

		if (rankOf(from) < 0 || rankOf(to) < 0)
			faults.push(`${words(include)}: map.js doesn't say where ${rankOf(from) < 0 ? from : to}/ belongs`);
		else if (rankOf(to) > rankOf(from))
			faults.push(`${words(include)}: ${to}/ is above ${from}/`);
		if (back && !arrows.has(pair))
			faults.push(`${from}/ and ${to}/ include each other: ${words(include)}, and ${words(back)}`);
		if (!arrows.has(pair))
			arrows.set(pair, include);
	}
	for (const cycle of cyclesIn(includes))
		faults.push(`files include each other in a circle:\n\t${cycle.map(words).join("\n\t")}`);
	return faults;
}

const includes = ["wasi", "server", "certs", "webview", "static"].filter((folder) => fs.existsSync(path.join(top, folder))).flatMap(sourcesOf)
	.flatMap(includesOf);
const rooms = [...new Set(includes.flatMap(({ from, to }) => [roomOf(from), roomOf(to)]))]
	.sort((one, two) => rankOf(one) - rankOf(two) || one.localeCompare(two));
const faults = faultsIn(includes);

for (const room of rooms) {
	const below = new Set(includes.filter(({ from, to }) => roomOf(from) === room && roomOf(to) !== room).map(({ to }) => roomOf(to)));

	console.log(`${room.padEnd(22)}${below.size ? ` -> ${rooms.filter((other) => below.has(other)).join(", ")}` : ""}`);
}
for (const fault of faults)
	console.error(fault);
process.exit(faults.length ? 1 : 0);
