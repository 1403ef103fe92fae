// The README's commands, to the letter, on a Debian that has nothing else: fresh.js FOLDER [PARTS [RELEASE]]. Run it as root.
// PARTS: "none" leaves out the tests. RELEASE: bookworm (Debian 12) or trixie (13).
// mmdebstrap makes a bare root below FOLDER, from the mirrors that apt is configured with here; an ordinary user of that root, who may
// use sudo, types the commands in a clone of this commit, at a terminal, and says yes when asked. Prints for each command how long it took,
// on the clock and of the processors (which says what another load on the machine did to the first), how many packages came with it, and
// how long nothing was printed at most.
// Mounts live in namespaces that end with their command, and the root is removed at the end, however that comes.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { cloneInto, enter, makeRoot, packagesIn, removeRoots, top } from "./root.js";

const [folder = "build", parts = "", RELEASE = "bookworm"] = process.argv.slice(2);

/** The README's code block under "Try it", and the command that it gives for testing. */
function readmeCommands() {
	const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
	const block = readme.match(/^## Try it\n[^]*?^```sh\n([^]*?)^```/m)[1].trim().split("\n");
	const test = readme.match(/To test: `([^`]+)`/)[1];
	return parts === "none" ? block : [...block, parts ? `${test} PARTS="${parts}"` : test];
}

/** One command at a terminal of the root. Questions are answered with yes; `until` in what it prints makes us
 * press q. Gives { seconds, cpu, packages, silence }. */
function type(root, command, until) {
	const started = Date.now(), packagesBefore = packagesIn(root);
	let last = started, silence = 0;
	console.log(`\n$ ${command}`);
	const inside = enter(root, `cd clone && ${command}`);
	const quoted = inside.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
	const timed = 'TIMEFORMAT="%U %S"; { time "$@" 2>&4; } 4>&2 2>&3'; // of all its children that were waited for
	child = spawn("bash", ["-c", timed, "bash", "script", "--quiet", "--flush", "--return", "--command", quoted, "/dev/null"],
		{ stdio: ["pipe", "pipe", "inherit", "pipe"] });
	let line = "", met = !until, cpu = 0;
	child.stdio[3].on("data", (bytes) => {
		cpu = String(bytes).split(" ").reduce((sum, one) => sum + Number(one), 0);
	});
	child.stdout.on("data", (bytes) => {
		process.stdout.write(bytes);
		silence = Math.max(silence, Date.now() - last);
		last = Date.now();
		line = (line + bytes).split("\n").at(-1).slice(-1000);
		if (/\[(y\/N|Y\/n)\] ?$/.test(line))
			child.stdin.write("y\n");
		if (!met && until.test(String(bytes))) {
			met = true;
			child.stdin.write("q\n");
		}
	});
	return new Promise((resolve, reject) => child.once("close", (code) => {
		child = undefined;
		if (code !== 0 || !met || stopped)
			reject(new Error(`${command}: ${stopped ? "stopped" : met ? `ended with ${code}` : `ended without printing ${until}`}`));
		else
			resolve({ seconds: (last - started) / 1000, cpu, packages: packagesIn(root) - packagesBefore, silence: silence / 1000 });
	}));
}

let child; // what runs at the moment
let stopped = false;
fs.mkdirSync(folder, { recursive: true });
const base = fs.mkdtempSync(path.resolve(folder, "fresh-"));
// The mounts are gone with the namespaces of the commands: what is removed here is the root's own.
process.once("exit", () => removeRoots(base));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => {
		stopped = true;
		return child ? child.kill() : process.exit(1);
	});
const root = path.join(base, "root");
const table = [];
try {
	const started = Date.now();
	makeRoot(root, RELEASE, ["sudo"]);
	cloneInto(root);
	table.push(["(a bare root)", { seconds: (Date.now() - started) / 1000, cpu: 0, packages: packagesIn(root), silence: 0 }]);
	for (const command of readmeCommands())
		table.push([command, await type(root, command, command === "make run" ? /q: quit/ : undefined)]);
} catch (error) {
	console.error(`test-fresh: ${error.message}`);
	process.exitCode = 1;
}
for (const [command, { seconds, cpu, packages, silence }] of table)
	console.log(`${command.padEnd(50)} ${seconds.toFixed(0).padStart(6)} s ${cpu.toFixed(0).padStart(6)} s of processors ${String(packages).padStart(5)} packages, silent for ${silence.toFixed(0)} s at most`);
