import { connect, run } from "/_wvwasi/wvwasi.js";

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

async function listScripts() {
	const names = (await w.fs.readdir(folder)).filter(name => typeof name === "string" && name.endsWith(".py"));
	if (!names.length) {
		await w.fs.writeFile(`${folder}/hello.py`, FIRST);
		names.push("hello.py");
	}
	element("file").replaceChildren(...names.sort().map(name => new Option(name)));
	await openScript();
}

async function openScript() {
	element("script").value = await w.fs.readFile(`${folder}/${element("file").value}`, "utf8");
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
		await w.fs.writeFile(`${folder}/${name}`, element("script").value);
		const { exitCode, stats } = await run("python.wasm", {
			args: ["python", name, ...element("args").value.split(" ").filter(Boolean)],
			env: { PWD: folder },
			preopens: { ".": folder, [folder]: folder, "/tmp": "/tmp" },
			stdout: show, stderr: show,
			onProgress: showProgress,
			signal: abort.signal,
		});
		say(`Exit code ${exitCode}. ${stats.syscalls} system calls, ${stats.roundTrips} of them waited for the gateway.`);
	} catch (error) {
		say(error.message);
	}
	element("progress").hidden = true;
	element("run").disabled = false;
	element("stop").disabled = true;
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

function say(text) {
	element("status").textContent = text;
}

element("file").addEventListener("change", openScript);
element("run").addEventListener("click", saveAndRun);
element("stop").addEventListener("click", () => abort.abort(new Error("Stopped.")));
element("script").addEventListener("keydown", event => {
	if (event.key === "Enter" && event.ctrlKey && !element("run").disabled)
		saveAndRun();
});
listScripts().catch(error => say(error.message));
