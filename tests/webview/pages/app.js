// The app of the window's tests. It reports through what it is for: files in a granted folder, /data.
import { connect, run, spawn } from "/_wvwasi/wvwasi.js";

const w = await connect();
const report = (name, value) => w.fs.writeFile(`/data/${name}`, JSON.stringify(value));
const query = new URLSearchParams(location.search);

async function writeRecords(wait) {
	let written = 0;
	new BroadcastChannel("wrote").onmessage = ({ data }) => {
		written = data;
	};
	const child = await spawn("/records.wasm", { wait, args: ["records", "0", "0", "0", "close", "3records"], imports: new URL("wrote.js", import.meta.url), preopens: { "/": "/data" } });
	setInterval(() => report("progress", written), 50);
	await child.exited;
}

if (query.has("object"))
	addEventListener("beforeunload", (event) => {
		event.preventDefault();
		event.returnValue = "unsaved";
	});
if (query.has("hang"))
	addEventListener("beforeunload", () => {
		for (;;) ; // until the window has had enough
	});
/* Says that it is still there, for as long as it is: a round trip to the gateway each time. */
async function remain() {
	for (let rounds = 1; ; rounds++)
		await report("rounds", rounds);
}
if (query.has("leave")) {
	location.href = query.get("leave");
	remain();
}
if (query.has("frame")) {
	const frame = document.createElement("iframe");
	frame.src = query.get("frame");
	document.body.append(frame);
	remain();
}
const { ask, text } = globalThis;
ask.onclick = () => navigator.geolocation.getCurrentPosition(() => report("place", "told"), (error) => report("place", error.code));
text.oninput = () => report("text", text.value);
addEventListener("resize", () => report("size", [innerWidth, innerHeight]));
addEventListener("keydown", (event) => {
	if (event.key === "t" && query.has("keys"))
		document.title = "Renamed";
	if (event.ctrlKey && event.key === "r" && query.has("keys")) {
		event.preventDefault();
		report("key", "ctrl+r");
	}
});

const before = localStorage.getItem("visits");
localStorage.setItem("visits", Number(before) + 1);
let hello = null;
if (query.has("records")) {
	writeRecords(query.get("records"));
} else {
	const { exitCode, wait, stdout } = await run("/ends.wasm", { args: ["ends", "return", "7"], preopens: {}, stdout: "capture" });
	hello = { exitCode, wait, stdout: String.fromCharCode(...stdout) };
}
await report("start", {
	href: location.href, referrer: document.referrer, shared: typeof SharedArrayBuffer, isolated: crossOriginIsolated, visits: before,
	agent: navigator.userAgent, webdriver: navigator.webdriver, hello, injected: Object.keys(globalThis).filter((name) => /wvwasi|webkit/.test(name) && !/^(on)?webkit/i.test(name)),
});
