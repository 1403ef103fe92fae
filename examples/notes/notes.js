import { connect } from "/_wvwasi/wvwasi.js";

import { workFolder } from "../folder.js";

const element = id => document.getElementById(id);
const w = await connect();
const { fs } = w;
const folder = `${workFolder(w)}/notes`;
let current = null;
let saved = ""; // as the text field has it: its lines end with line feeds
let onDisk = ""; // the file's text when it was read or written last
let mark = "", lineEnd = "\n"; // what the file begins with, and how its first line ends: a saved note keeps both

async function list() {
	const all = await fs.readdir(folder), texts = all.filter(name => typeof name === "string"); // one that isn't UTF-8 comes as bytes
	const names = texts.filter(name => name.endsWith(".txt")).sort((a, b) => a.localeCompare(b));
	element("hidden").textContent = texts.length < all.length ? `Not shown: files whose names aren't UTF-8 (${all.length - texts.length}).` : "";
	element("list").replaceChildren(...names.map(name => {
		const item = document.createElement("li");
		const button = document.createElement("button");
		button.type = "button";
		button.textContent = name.slice(0, -4);
		button.setAttribute("aria-current", String(name === current));
		button.addEventListener("click", told(() => leave() && open(name)));
		item.append(button);
		return item;
	}));
	return names;
}

/* May what was changed be given up? */
function leave() {
	return element("text").value === saved || confirm("Leave this note without saving it?");
}

function textOf(bytes, name) {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new Error(`${name} isn't text in UTF-8`); // saving it would change what can't be shown
	}
}

async function open(name) {
	const text = name ? textOf(await fs.readFile(`${folder}/${name}`), name) : "";
	current = name;
	onDisk = text;
	[mark] = text.match(/^\ufeff?/);
	[lineEnd] = text.match(/\r\n?|\n/) ?? ["\n"];
	element("text").value = text.slice(mark.length);
	saved = element("text").value;
	for (const id of ["text", "rename", "delete"])
		element(id).disabled = !name;
	element("save").disabled = true;
	say("");
	await list();
}

async function save() {
	const name = current; // another one may be opened meanwhile
	const now = await fs.readFile(`${folder}/${name}`).then(bytes => textOf(bytes, name)).catch(() => null);
	if (now !== onDisk && !confirm(`Another program has ${now === null ? "removed" : "changed"} ${name} since it was opened here. Overwrite it?`))
		return say(`Not saved: ${name} is as the other program left it.`, true);
	saved = element("text").value;
	onDisk = mark + saved.replaceAll("\n", lineEnd);
	// a new file takes the old one's place, so that nobody ever reads half a note
	await fs.writeFile(`${folder}/.${name}.new`, onDisk);
	await fs.rename(`${folder}/.${name}.new`, `${folder}/${name}`);
	element("save").disabled = true;
	say(`Saved ${folder}/${name}`);
}

async function rename() {
	const name = prompt("New name", current.slice(0, -4))?.trim().replaceAll("/", "-");
	if (!name || `${name}.txt` === current)
		return;
	if ((await list()).includes(`${name}.txt`))
		return say(`There is a note of that name: ${name}`);
	await fs.rename(`${folder}/${current}`, `${folder}/${name}.txt`);
	current = `${name}.txt`;
	await list();
}

async function remove() {
	if (!confirm(`Delete ${current.slice(0, -4)}?`))
		return;
	await fs.rm(`${folder}/${current}`);
	await open((await list())[0] ?? null);
}

async function add(event) {
	event.preventDefault();
	const name = `${element("name").value.trim()}.txt`;
	if (!leave())
		return;
	await fs.writeFile(`${folder}/${name}`, "", { flag: "wx" });
	element("name").value = "";
	await open(name);
	element("text").focus();
}

function say(text, isBad = false) {
	element("status").textContent = text;
	element("status").classList.toggle("bad-text", isBad);
}

/* What goes wrong is told where the user looks. */
const told = action => async event => {
	try {
		await action(event);
	} catch (error) {
		say(error.message, true);
	}
};

/* Before anything else can be done. */
await told(async () => {
	await fs.mkdir(folder, { recursive: true });
	await open((await list())[0] ?? null);
})();
element("folder").textContent = folder;
element("text").addEventListener("input", () => (element("save").disabled = element("text").value === saved));
element("save").addEventListener("click", told(save));
element("rename").addEventListener("click", told(rename));
element("delete").addEventListener("click", told(remove));
element("new").addEventListener("submit", told(add));
element("text").addEventListener("keydown", event => {
	/* S, on keyboards without Latin letters too. With Alt it is a letter of its own: Ctrl and Alt are how Windows says AltGr, and AltGr-S is a Polish "ś". */
	if (event.ctrlKey && !event.altKey && (event.key === "s" || event.code === "KeyS" && event.key > "\x7f")) {
		event.preventDefault();
		told(save)();
	}
});
window.addEventListener("beforeunload", event => element("text").value !== saved && event.preventDefault());
