import { connect, spawn } from "/_wvwasi/wvwasi.js";

import { workFolder } from "../folder.js";

const element = id => document.getElementById(id);
const w = await connect();
const folder = workFolder(w);
const [socket] = w.sockets;
const SHOWN = 200_000; // characters
let child = null;

async function start() {
	const decoder = new TextDecoder();
	const show = bytes => {
		element("log").textContent = (element("log").textContent + decoder.decode(bytes, { stream: true })).slice(-SHOWN);
		element("log").scrollTop = element("log").scrollHeight;
	};
	element("start").disabled = true;
	try {
		child = await spawn("server.wasm", { args: ["server", folder], stdin: "", stdout: show, stderr: show });
		element("stop").disabled = false;
		element("how").hidden = false;
		say("Running");
		const { exitCode, killed } = await child.exited;
		say(killed ? "Stopped" : `Exit code ${exitCode}`, exitCode !== 0 && !killed);
	} catch (error) {
		say(error.message, true);
	}
	element("start").disabled = false;
	element("stop").disabled = true;
	element("how").hidden = true;
}

function say(text, isBad = false) {
	element("status").textContent = text;
	element("status").classList.toggle("bad-text", isBad);
}

element("folder").textContent = folder;
element("start").addEventListener("click", start);
element("stop").addEventListener("click", () => child.kill());
if (socket) {
	element("command").textContent = `curl http://${socket.address}/`;
} else {
	element("start").disabled = true;
	say("There is no socket to listen on: start the gateway with --tcplisten 127.0.0.1:0");
}
