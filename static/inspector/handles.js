/* The table of the chosen program's handles: open ones, and those still open at its end. */
import { byId, make, setText, show } from "./dom.js";
import { SOCKET_FLAG, handleText } from "./codec.js";
import { bytes as bytesText, count } from "./numbers.js";
import { printable } from "./printable.js";

const KINDS = ["unknown", "block", "char", "folder", "file", "datagram", "socket", "link"];
const SOCKET_KINDS = ["", "tcp", "udp", "request"];
const SOCKET_STATES = ["open", "bound", "connecting", "connected", "listening", "failed"];
const CONNECTED = 3, LISTENING = 4;
const STANDARD = ["stdin", "stdout", "stderr"];
const FDFLAGS = ["APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC"];
const RIGHTS = ["fd_datasync", "fd_read", "fd_seek", "fd_fdstat_set_flags", "fd_sync", "fd_tell", "fd_write", "fd_advise", "fd_allocate",
	"path_create_directory", "path_create_file", "path_link_source", "path_link_target", "path_open", "fd_readdir", "path_readlink", "path_rename_source",
	"path_rename_target", "path_filestat_get", "path_filestat_set_size", "path_filestat_set_times", "fd_filestat_get", "fd_filestat_set_size",
	"fd_filestat_set_times", "path_symlink", "path_remove_directory", "path_unlink_file", "poll_fd_readwrite", "sock_shutdown", "sock_accept"];

/** All names of a set of rights. */
const rightNames = rights => RIGHTS.filter((_, bit) => rights >> BigInt(bit) & 1n);

/** The rights that matter most, in letters as ls has them: read, write (or append), list, create, delete. */
function rightLetters(rights, fdflags = 0) {
	const has = name => (rights >> BigInt(RIGHTS.indexOf(name)) & 1n) === 1n;
	return [["r", "fd_read"], [fdflags & 1 ? "a" : "w", "fd_write"], ["l", "fd_readdir"], ["c", "path_create_file"], ["d", "path_unlink_file"]]
		.map(([letter, right]) => has(right) ? letter : "-").join("");
}

/** What a socket is doing, in words. */
export function socketState({ state, flags }) {
	const ended = state === CONNECTED ? flags & (SOCKET_FLAG.PEER_ENDED | SOCKET_FLAG.ALL_SENT) : 0;
	const words = !ended ? SOCKET_STATES[state] ?? "unknown" : ended === SOCKET_FLAG.PEER_ENDED ? "peer ended" : ended === SOCKET_FLAG.ALL_SENT ? "all sent" : "ended";
	return flags & SOCKET_FLAG.TLS ? `TLS, ${words}` : words;
}

/** Whom it is for, as the program named it, or where it listens. */
export const socketPeer = ({ state, own, peer, name }) => state === LISTENING || !(name || peer) ? own : name || peer;

/** What it does and has done, in a line. */
const socketText = ({ received, sent, ...socket }) => [socketState(socket), `\u2193${bytesText(received)}`, `\u2191${bytesText(sent)}`]
	.map(part => part.replaceAll(" ", "\u00a0")).join(" "); // cut between them alone
const socketTitle = ({ own, peer, name, received, sent }) => [name, peer && `peer ${peer}`, own && `here ${own}`, `${count(received)} bytes received`,
	`${count(sent)} bytes sent`].filter(Boolean).map(printable).join("\n");

/** The rules that hold, one kind after the other: [{ whose, rules }]. @param {{ rules: string[] }} model @param {object | null} program */
export const rulesOf = (model, program) => [{ whose: "--net allows", rules: model.rules }, { whose: "Its page keeps it to", rules: program?.kept ?? [] },
	{ whose: "You allowed", rules: program?.granted ?? [] }].filter(({ rules }) => rules.length > 0);

export class Handles {
	#model;
	#body = byId("handles").tBodies[0];
	#onHandle;
	#onCall;

	/** @param {{ model: object, onHandle: (text: string, program: number) => void, onCall: (program: number, serial: number) => void }} on */
	constructor({ model, onHandle, onCall }) {
		this.#model = model;
		this.#onHandle = onHandle;
		this.#onCall = onCall;
		this.#body.addEventListener("click", ({ target }) => {
			const button = target.closest("button");
			if (!button)
				return;
			const { program, serial, handle } = button.dataset;
			if (serial)
				this.#onCall(Number(program), Number(serial));
			else
				this.#onHandle(handle, Number(program));
		});
	}

	/** @param {object | null} program */
	render(program) {
		const handles = program ? [...program.handles.values()].sort((a, b) => (a.handle & 0xFFFF) - (b.handle & 0xFFFF) || a.handle - b.handle) : [];
		const leaks = new Set(program?.leaks ?? []);
		show(byId("handles"), handles.length > 0);
		show(byId("no-handles"), handles.length === 0);
		setText(byId("no-handles"), program ? "Nothing is open." : "No program yet.");
		handles.forEach((handle, i) => {
			const row = this.#body.rows[i] ?? this.#body.appendChild(makeRow());
			draw(row, handle, program, leaks.has(handle));
		});
		while (this.#body.rows.length > handles.length)
			this.#body.lastChild.remove();
		drawRules(rulesOf(this.#model, program));
		return leaks.size;
	}
}

function drawRules(all) {
	const list = byId("rules"), shown = JSON.stringify(all);
	show(list, all.length > 0);
	if (list.dataset.shown === shown)
		return;
	list.dataset.shown = shown;
	list.replaceChildren(...all.flatMap(({ whose, rules }) => [make("dt", { textContent: whose }),
		...rules.map(rule => make("dd", { textContent: printable(rule), translate: false }))]));
}

function makeRow() {
	const number = make("button", { type: "button", className: "link", title: "Only calls on this handle" });
	const opened = make("button", { type: "button", className: "link", title: "The call that opened it" });
	return make("tr", {}, make("th", { className: "number", scope: "row" }, number), make("td"), make("td", { className: "path", translate: false }),
		make("td", { className: "letters" }),
		make("td"), make("td", { className: "number" }), make("td", { className: "number" }, opened, make("span", { className: "soft" })));
}

function draw(row, handle, program, leak) {
	const [number, kind, path, rights, flags, offset, opened] = row.cells;
	row.dataset.leak = leak;
	setText(number.firstChild, handleText(handle.handle));
	number.firstChild.dataset.program = program.id;
	number.firstChild.dataset.handle = handleText(handle.handle);
	const socket = program.sockets.get(handle.handle);
	setText(kind, socket ? SOCKET_KINDS[socket.kind] ?? "socket" : handle.handle < 3 ? STANDARD[handle.handle] : KINDS[handle.filetype] ?? "unknown");
	const name = printable(socket ? socketPeer(socket) : handle.path);
	const title = socket ? socketTitle(socket) : name, shown = `${name} ${socket ? socketText(socket) + title : ""}${leak ? " left open" : ""}`;
	if (path.dataset.shown !== shown) {
		path.dataset.shown = shown;
		path.replaceChildren(make("bdi", { textContent: name, title }), ...socket ? [make("span", { className: "socket soft", textContent: socketText(socket), title })] : [],
			...leak ? [make("span", { className: "badge bad", textContent: "left open" })] : []);
	}
	setText(rights, rightLetters(handle.rights, handle.fdflags));
	rights.title = rightNames(handle.rights).join("\n");
	setText(flags, FDFLAGS.filter((_, bit) => handle.fdflags >> bit & 1).join(" "));
	setText(offset, Number.isNaN(handle.offset) ? "" : count(handle.offset));
	setText(opened.firstChild, handle.opened ? count(handle.opened) : "");
	opened.firstChild.dataset.program = program.id;
	opened.firstChild.dataset.serial = handle.opened || "";
	show(opened.firstChild, handle.opened > 0);
	setText(opened.lastChild, handle.preopen && handle.handle > 2 ? "grant" : "");
}
