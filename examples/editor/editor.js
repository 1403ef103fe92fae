import { FileSystemObserver, showDirectoryPicker } from "/_wvwasi/files.js";

import { EditorState, EditorView, basicSetup, javascript, keymap } from "./codemirror.js";

const element = id => document.getElementById(id);
let folder = null;
let current = null; // the open file: { handle, path, onDisk: its text when it was read or written last }
const unfolded = new Set(); // paths of folders whose files are shown

const view = new EditorView({ parent: element("text"), state: stateOf("", "") });

function stateOf(path, text) {
	const [lineEnd] = text.match(/\r\n?|\n/) ?? ["\n"]; // a saved file keeps what its first line ends with
	return EditorState.create({
		doc: text,
		extensions: [
			basicSetup, EditorState.lineSeparator.of(lineEnd), EditorState.readOnly.of(path === ""), /\.[cm]?[jt]sx?$/.test(path) ? javascript() : [],
			EditorView.contentAttributes.of({ "aria-label": path || "No file is open" }),
			EditorView.updateListener.of(() => (element("save").disabled = !isChanged())),
			keymap.of([{ key: "Mod-s", preventDefault: true, run: () => told(save)() || true }]),
		],
	});
}

const isChanged = () => current !== null && view.state.sliceDoc() !== current.onDisk;

async function textOf(handle) {
	const bytes = await (await handle.getFile()).arrayBuffer();
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new Error(`${handle.name} isn't text in UTF-8`); // saving it would change what can't be shown
	}
}

/* ---- the list of files ---- */

async function listOf(directory, path) {
	const list = document.createElement("ul"), entries = [];
	for await (const [name, handle] of directory)
		entries.push({ name, handle, path: `${path}${name}` });
	entries.sort((a, b) => a.handle.kind.localeCompare(b.handle.kind) || a.name.localeCompare(b.name)); // folders first
	list.append(...await Promise.all(entries.map(async entry => {
		const item = document.createElement("li");
		item.append(await (entry.handle.kind === "directory" ? folderRow(entry) : fileRow(entry)));
		return item;
	})));
	return list;
}

async function folderRow({ name, handle, path }) {
	const row = document.createElement("details"), summary = document.createElement("summary");
	summary.textContent = name;
	row.append(summary);
	row.open = unfolded.has(path);
	if (row.open)
		row.append(await listOf(handle, `${path}/`));
	row.addEventListener("toggle", told(async () => {
		if (row.open === unfolded.has(path))
			return;
		unfolded[row.open ? "add" : "delete"](path);
		await list();
	}));
	return row;
}

function fileRow({ name, handle, path }) {
	const row = Object.assign(document.createElement("button"), { type: "button", textContent: name });
	row.setAttribute("aria-current", String(path === current?.path));
	row.addEventListener("click", told(() => openFile(handle, path)));
	return row;
}

let listing = null, isStale = false;
/* One at a time; what changes meanwhile is listed once more. */
async function list() {
	isStale = true;
	listing ??= (async () => {
		while (isStale) {
			isStale = false;
			element("files").replaceChildren(...(await listOf(folder, "")).children);
		}
	})().finally(() => (listing = null));
	await listing;
}

/* ---- what the user does ---- */

const leave = () => !isChanged() || confirm("Leave this file without saving it?");

async function openFolder() {
	const chosen = await showDirectoryPicker({ mode: "readwrite" });
	if (!leave())
		return;
	observer.disconnect();
	folder = chosen;
	current = null;
	unfolded.clear();
	view.setState(stateOf("", ""));
	await observer.observe(folder, { recursive: true });
	await list();
	say(`${folder.name}: choose a file`);
}

async function openFile(handle, path) {
	if (!leave())
		return;
	const onDisk = await textOf(handle);
	current = { handle, path, onDisk };
	view.setState(stateOf(path, onDisk));
	element("save").disabled = true;
	say(path);
	view.focus();
	await list();
}

async function save() {
	const { handle, path, onDisk } = current, text = view.state.sliceDoc();
	const now = await textOf(handle).catch(error => (error.name === "NotFoundError" ? null : Promise.reject(error)));
	if (now !== onDisk && !confirm(`Another program has ${now === null ? "removed" : "changed"} ${path} since it was opened here. Overwrite it?`))
		return;
	const stream = await handle.createWritable();
	await stream.write(text);
	await stream.close(); // now the file is replaced, as a whole
	if (current?.path === path)
		current.onDisk = text;
	element("save").disabled = !isChanged();
	say(`Saved ${path}`);
}

/* ---- what others do ---- */

const observer = new FileSystemObserver(records => told(async () => {
	if (records.some(({ type }) => type === "errored"))
		throw new Error(`${folder.name} isn't watched any more: it was removed, or taken back`);
	await list();
	const isCurrent = names => current !== null && names?.join("/") === current.path;
	if (records.some(({ relativePathComponents: to, relativePathMovedFrom: from }) => isCurrent(to) || isCurrent(from)))
		await look();
})());

/* The open file was changed, perhaps by ourselves. */
async function look() {
	const { handle, path, onDisk } = current, unchanged = !isChanged(), text = await textOf(handle);
	if (text === onDisk || current?.path !== path || current.onDisk !== onDisk)
		return;
	if (!unchanged)
		return say(`Another program has changed ${path}: saving asks before it overwrites that`, true);
	current.onDisk = text;
	view.setState(stateOf(path, text));
	say(`${path}: as another program has changed it`);
}

function say(text, isBad = false) {
	element("status").textContent = text;
	element("status").classList.toggle("bad-text", isBad);
}

/* What goes wrong is told where the user looks; choosing nothing is nothing wrong. */
function told(action) {
	return async event => {
		try {
			await action(event);
		} catch (error) {
			if (error.name !== "AbortError")
				say(error.message, true);
		}
	};
}

element("open").addEventListener("click", told(openFolder));
element("save").addEventListener("click", told(save));
addEventListener("beforeunload", event => isChanged() && event.preventDefault());
