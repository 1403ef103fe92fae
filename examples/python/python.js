import { connect, spawn } from "/_wvwasi/wvwasi.js";

import { workFolder } from "../folder.js";

const element = id => document.getElementById(id);
const FIRST = `import os, platform

print("Python", platform.python_version(), "on", platform.system())
for name in sorted(os.listdir(".")):
    print(f"{os.path.getsize(name):>8}  {name}")
`;
const SHOWN = 200_000; // characters

const w = await connect();
const folder = workFolder(w);
element("folder").textContent = folder;
let abort = null;
let child = null; // the script that runs
let sent = 0; // letters of Input that it was given
let opened = null; // the script's name, and what its file had when it was read or written last

async function listScripts() {
	const names = (await w.fs.readdir(folder)).filter(name => typeof name === "string" && name.endsWith(".py"));
	if (!names.length) {
		await w.fs.writeFile(`${folder}/hello.py`, FIRST);
		names.push("hello.py");
	}
	element("file").replaceChildren(...names.sort().map(name => new Option(name)));
	await openScript();
}

const isUnsaved = () => opened !== null && element("script").value !== opened.shown;

async function openScript() {
	const name = element("file").value;
	if (isUnsaved() && !confirm(`Leave ${opened.name} without saving it?`)) {
		element("file").value = opened.name;
		return;
	}
	const text = await w.fs.readFile(`${folder}/${name}`, "utf8");
	element("script").value = text;
	opened = { name, text, shown: element("script").value }; // which has its own line ends
}

/* False: the user keeps what another program wrote meanwhile. */
async function save() {
	const { name, text, shown } = opened, path = `${folder}/${name}`, script = element("script").value;
	if (script === shown)
		return true;
	const now = await w.fs.readFile(path, "utf8").catch(() => null);
	if (now !== text && !confirm(`Another program has ${now === null ? "removed" : "changed"} ${name} since it was opened here. Overwrite it?`))
		return false;
	await w.fs.writeFile(path, script);
	opened = { name, text: script, shown: script };
	return true;
}

async function saveAndRun() {
	const name = element("file").value;
	const output = element("output");
	const decoder = new TextDecoder();
	abort = new AbortController();
	element("run").disabled = true;
	element("stop").disabled = false;
	output.textContent = "";
	const show = bytes => {
		output.textContent = (output.textContent + decoder.decode(bytes, { stream: true })).slice(-SHOWN);
		output.scrollTop = output.scrollHeight;
	};
	try {
		if (!await save())
			throw new Error(`${name} is as the other program left it, and wasn't run. Choose it again to see it.`);
		sent = 0;
		child = await spawn("python.wasm", {
			args: ["python", name, ...element("args").value.split(" ").filter(Boolean)],
			env: { PWD: folder },
			preopens: { ".": folder, [folder]: folder, "/tmp": "/tmp" },
			stdout: show, stderr: show,
			onProgress: showProgress,
			onReading: askForInput,
			signal: abort.signal,
		});
		if (/[^\n]$/.test(element("input").value))
			element("input").value += "\n";
		giveInput();
		const { exitCode, stats } = await child.exited;
		say(`Exit code ${exitCode}. ${stats.syscalls} system calls, ${stats.roundTrips} of them waited for the gateway.`, exitCode !== 0);
	} catch (error) {
		say(error.message, true);
	}
	child = null;
	element("progress").hidden = true;
	element("run").disabled = false;
	element("stop").disabled = true;
}

/* input() reads whole lines of what stands there; what is typed while it waits, too. */
function giveInput() {
	const text = element("input").value, end = text.lastIndexOf("\n") + 1;
	if (child === null || end <= sent)
		return;
	child.stdin.write(text.slice(sent, end)).catch(() => {}); // it may have ended meanwhile
	sent = end;
}

function askForInput(waits) {
	say(waits ? "The script waits for input: write a line into Input and press Enter. Ctrl-D ends the input." : "Running");
	if (waits)
		element("input").focus();
}

function showProgress({ phase, loaded, total }) {
	const progress = element("progress");
	progress.hidden = phase === "run";
	if (phase === "download" && total)
		Object.assign(progress, { max: total, value: loaded });
	else
		progress.removeAttribute("value");
	say({ download: "Loading Python", compile: "Compiling Python", run: "Running" }[phase]);
}

function say(text, isBad = false) {
	element("status").textContent = text;
	element("status").classList.toggle("bad-text", isBad);
}

element("file").addEventListener("change", () => openScript().catch(error => say(error.message, true)));
element("run").addEventListener("click", saveAndRun);
element("stop").addEventListener("click", () => abort.abort(new Error("Stopped.")));
element("script").addEventListener("keydown", event => {
	if (event.key === "Enter" && event.ctrlKey && !element("run").disabled)
		saveAndRun();
});
element("input").addEventListener("input", giveInput);
element("input").addEventListener("keydown", event => {
	if (event.key !== "d" || !event.ctrlKey || child === null)
		return;
	event.preventDefault();
	child.stdin.close().catch(() => {});
});
listScripts().catch(error => say(error.message, true));
window.addEventListener("beforeunload", event => isUnsaved() && event.preventDefault());
