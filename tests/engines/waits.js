// What a browser that doesn't go on, and its gateway, wait for, as far as the kernel tells.
import fs from "node:fs";

const NAMES = /^(WebKit|MiniBrowser|wvwasi)/;
const ESTABLISHED = "01";

/* "" of what has gone, or isn't ours to see. */
function textOf(path) {
	try {
		return fs.readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}

/* Of a connection with bytes that weren't sent or read yet: "PORT to PORT: N unsent, N unread". */
function halted(line) {
	const [, local, remote, state, queues] = line.trim().split(/\s+/);
	const [unsent, unread] = queues.split(":").map((bytes) => parseInt(bytes, 16));
	const [from, to] = [local, remote].map((end) => parseInt(end.split(":")[1], 16));
	return state === ESTABLISHED && unsent + unread > 0 ? [`${from} to ${to}: ${unsent} unsent, ${unread} unread`] : [];
}

/** The processes of WebKit and ours, with what each waits for in the kernel, and the connections with bytes that halt. */
export function whatWaits() {
	const processes = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name) && NAMES.test(textOf(`/proc/${name}/comm`)))
		.map((pid) => `${textOf(`/proc/${pid}/comm`)} ${pid} ${textOf(`/proc/${pid}/wchan`)}`);
	const connections = ["tcp", "tcp6"].flatMap((file) => textOf(`/proc/net/${file}`).split("\n").slice(1)).flatMap(halted);
	return [...processes, ...connections].join(", ");
}
