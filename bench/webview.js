// What the window costs beside WebKitGTK's MiniBrowser and Chromium with the same app of the same gateway, on one screen, in turns: from the
// start of its process to the app's first paint, memory of all its processes, and one call that a program waits for.
// node bench/webview.js [ROUNDS]; prints medians and ratios. Timings are told by the page to a server of ours.
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

import { startChild } from "../tests/engines/child.js";
import { pause, within } from "../tests/engines/deadline.js";
import { startDisplay } from "../tests/engines/display.js";
import { binary } from "../tests/engines/webview.js";
import { startGateway, top } from "../tests/gateway/gateway.js";

const ROUNDS = Number(process.argv[2] ?? 5), CALLS = 2000;
const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-bench-"));
const root = path.join(base, "app");
fs.mkdirSync(root);
fs.mkdirSync(path.join(base, "data"));
fs.copyFileSync(path.join(build, "guests/records.wasm"), path.join(root, "records.wasm"));
fs.writeFileSync(path.join(root, "told.js"), "export default { test: { told() {} } };\n");

const told = new Map();
const server = http.createServer(({ url }, response) => {
	const { pathname, searchParams } = new URL(url, "http://bench");
	told.get(pathname.slice(1))?.(Number(searchParams.get("value")));
	response.end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const hear = (name) => within(new Promise((resolve) => told.set(name, resolve)), 60_000, `the page's '${name}'`);

fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><title>bench</title><h1>An app</h1><script type="module">
	import { run } from "/_wvwasi/wvwasi.js";
	const tell = (name, value) => fetch("http://127.0.0.1:${server.address().port}/" + name + "?value=" + value, { mode: "no-cors" }).catch(() => {});
	requestAnimationFrame(() => setTimeout(async () => {
		await tell("paint", 0);
		const time = async (calls) => {
			const began = performance.now();
			await run("/records.wasm", { coherence: "strict", imports: new URL("told.js", location), preopens: { "/": "/data" },
				args: ["records", String(calls), "0", "0", "return", "3log"] });
			return performance.now() - began;
		};
		await time(100);
		const short = await time(1), long = await time(${CALLS + 1});
		await tell("call", (long - short) / ${CALLS} * 1000);
	}));
</script>`);

const display = await startDisplay();
const gateway = await startGateway(["--root", root, "--dir", `${base}/data::/data`], { env: { XDG_STATE_HOME: path.join(base, "state") } });
const lib = `/usr/lib/${{ x64: "x86_64", arm64: "aarch64" }[process.arch]}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;
const shells = {
	"wvwasi-webview": () => [binary, ["--port", String(gateway.ready.port)], {}],
	MiniBrowser: async () => [lib, [await gateway.link()], { JSC_useSharedArrayBuffer: "1" }],
	Chromium: async (home) => ["chromium", ["--no-sandbox", "--no-first-run", "--disable-gpu", `--user-data-dir=${home}/profile`,
	`--app=${await gateway.link()}`], {}],
};

/** Proportional memory of a process group's processes, in MiB. */
function memoryOf(pid) {
	let sum = 0;
	for (const name of fs.readdirSync("/proc").filter((each) => /^\d+$/.test(each)))
		try {
			const [, group] = /\) \S \d+ (\d+)/.exec(fs.readFileSync(`/proc/${name}/stat`, "latin1"));
			if (Number(group) === pid || ancestors(name).includes(pid))
				sum += Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${name}/smaps_rollup`, "latin1"))[1]);
		} catch {
			// it has gone
		}
	return sum / 1024;
}

function ancestors(pid) {
	const found = [];
	for (let at = Number(pid); at > 1;) {
		at = Number(/\) \S (\d+)/.exec(fs.readFileSync(`/proc/${at}/stat`, "latin1"))[1]);
		found.push(at);
	}
	return found;
}

const results = {};
for (let round = 0; round < ROUNDS; round++)
	for (const [name, how] of Object.entries(shells)) {
		const home = fs.mkdtempSync(path.join(base, "home-"));
		const [program, args, more] = await how(home);
		const env = { ...process.env, DISPLAY: display.name, HOME: home, XDG_RUNTIME_DIR: home, XDG_STATE_HOME: path.join(base, "state"), WAYLAND_DISPLAY: "",
			NO_AT_BRIDGE: "1", GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1", GSETTINGS_BACKEND: "memory", ...more };
		delete env.DBUS_SESSION_BUS_ADDRESS;
		const painted = hear("paint"), called = hear("call"), began = performance.now();
		const child = startChild(program, args, { env, stdio: "ignore" });
		try {
			await painted;
			const paint = performance.now() - began;
			const call = await called;
			(results[name] ??= []).push({ paint, call, memory: memoryOf(child.pid) });
		} finally {
			await child.stop();
			await pause(200);
		}
	}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const row = Object.fromEntries(Object.entries(results).map(([name, runs]) =>
	[name, ["paint", "memory", "call"].map((what) => median(runs.map((each) => each[what])))]));
const own = row["wvwasi-webview"];
console.log(`medians of ${ROUNDS} starts each, in turns; load ${os.loadavg()[0].toFixed(1)} on ${os.cpus().length} cores`);
console.log("| | first paint, ms | memory, MiB | a waiting call, µs |\n|---|---|---|---|");
for (const [name, values] of Object.entries(row))
	console.log(`| ${name} | ${values.map((value, i) => `${value.toFixed(0)} (${(value / own[i]).toFixed(2)})`).join(" | ")} |`);
await gateway.stop();
await display.close();
server.close();
fs.rmSync(base, { recursive: true, force: true, maxRetries: 5 });
