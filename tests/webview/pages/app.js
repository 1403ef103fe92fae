// The app of the window's tests. It reports through what it is for: files in a granted folder, /data.
import { connect, kept, resume, run, spawn } from "/_wvwasi/wvwasi.js";

const w = await connect();
const report = (name, value) => w.fs.writeFile(`/data/${name}`, JSON.stringify(value));
const query = new URLSearchParams(location.search);

async function writeRecords(wait) {
	let written = 0;
	new BroadcastChannel("wrote").onmessage = ({ data }) => {
		written = data;
	};
	const child = await spawn("/records.wasm", { wait, args: ["records", "0", "0", "0", "close", "3records"], imports: new URL("wrote.js", import.meta.url),
		preopens: { "/": "/data" } });
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
/* A prompt that outlives its page: what it has printed is in the report "said". */
async function keep() {
	let said = "";
	const [last] = kept().slice(-1), take = bytes => void (said += new TextDecoder().decode(bytes)), options = { stdout: take, stderr: take };
	const child = await (last ? resume(last, options) : spawn("/python.wasm", { args: ["python", "-i", "-q"], keep: true, ...options }));
	await child.stdin.write(last ? "x += 1; print('still', x)\n" : "x = 41; print('made', x)\n");
	setInterval(() => report("said", { said, isBack: last !== undefined }), 100);
}
if (query.has("prompt"))
	keep();
/* Says that it is still there, for as long as it is: a round trip to the gateway each time. */
async function remain() {
	for (let rounds = 1; ; rounds++)
		await report("rounds", rounds);
}
if (query.has("frame")) {
	const frame = document.createElement("iframe");
	frame.src = query.get("frame");
	document.body.append(frame);
	remain();
}
const save = (name) => Object.assign(document.createElement("a"), { href: "/letter.txt", download: name }).click();
/* What one click opens, by the query's name. Each says what window.open gave. */
const opens = {
	foreign: () => [open("https://example.org/opened")],
	foreignNoopener: () => [open("https://example.org/noopener", "_blank", "noopener")],
	ownNoopener: () => [open("/other.html", "_blank", "noopener")],
	many: () => Array.from({ length: 40 }, (_, i) => open(`/other.html?${i}`)),
	manyForeign: () => Array.from({ length: 40 }, (_, i) => open(`https://example.org/many/${i}`)),
	manyLinks: () => Array.from({ length: 40 }, (_, i) => Object.assign(document.createElement("a"),
	{ href: `https://example.org/link/${i}`, target: i % 2 ? "_blank" : "" }).click()),
	later: () => setTimeout(() => report("opened", [open("/other.html") !== null]), 200) && [],
	blankThenForeign: () => [open()].map((other) => other && (other.location = "https://example.org/moved")),
	manySaves: () => setInterval(() => save("later.txt"), 100) && [], // one at a time: the engine drops what is clicked in one turn
	fileAlone: () => [open("/records.wasm")],
	manyPrints: () => Array.from({ length: 5 }, (_, i) => {
		const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { src: `/other.html?${i}` }));
		frame.onload = () => setTimeout(() => frame.contentWindow.print());
		return frame;
	}),
	manyChoosers: () => Array.from({ length: 20 }, () => Object.assign(document.createElement("input"), { type: "file" }).click()),
	manyQuestions: () => Array.from({ length: 10 }, (_, i) => {
		const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { src: `/other.html?${i}` }));
		frame.onload = () => frame.contentWindow.navigator.geolocation.getCurrentPosition(() => {}, () => {});
		return frame;
	}),
};
if (query.has("opens"))
	addEventListener("click", ({ target }) => {
		if (target === document.documentElement || target === document.body)
			report("opened", opens[query.get("opens")]().map((other) => other !== null && other !== undefined)).then(() => remain());
	});
if (query.has("unasked")) // nobody has touched the page
	report("opened", opens[query.get("unasked")]().map((other) => other !== null && other !== undefined)).then(() => remain());
const { ask, text } = globalThis;
ask.onclick = () => navigator.geolocation.getCurrentPosition(() => report("place", "told"), (error) => report("place", error.code));
text.oninput = () => report("text", text.value);
if (query.has("asks")) { // the picker's button is pressed for the user, who then answers
	import("/_wvwasi/files.js").then(async (files) => {
		const picked = files[query.get("asks")]({ mode: "readwrite" });
		for (let another; !another; await new Promise(requestAnimationFrame)) {
			another = document.querySelector(".wvwasi-picker")?.shadowRoot.querySelector(".another");
			another?.click();
		}
		const handle = await picked, names = [];
		for await (const name of handle.keys())
			names.push(name);
		await report("picked", { path: handle.path, names, readwrite: await handle.queryPermission({ mode: "readwrite" }) });
	});
}
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
if (query.has("keeps")) {
	await spawn("/orders.wasm", { keep: "kept", stdin: "pipe" }); // it waits for its standard input
} else if (query.has("records")) {
	writeRecords(query.get("records"));
} else {
	const { exitCode, wait, stdout } = await run("/ends.wasm", { args: ["ends", "return", "7"], preopens: {}, stdout: "capture" });
	hello = { exitCode, wait, stdout: String.fromCharCode(...stdout) };
}
await report("start", {
	href: location.href, referrer: document.referrer, shared: typeof SharedArrayBuffer, isolated: crossOriginIsolated, visits: before,
	agent: navigator.userAgent, webdriver: navigator.webdriver, hello,
	injected: Object.keys(globalThis).filter((name) => /wvwasi|webkit/.test(name) && !/^(on)?webkit/i.test(name)),
});
if (query.has("leave")) { // not before: a page that is about to be left loads nothing any more, and the window's refusal comes later
	location.href = query.get("leave");
	remain();
}
