//# allFunctionsCalledOnLoad
/* showOpenFilePicker(), showSaveFilePicker() and showDirectoryPicker(): the user chooses among what is granted, in a dialog above the page. The page could
 * reach all of it anyway, so the dialog is a convenience, no border, and needs no user activation. With --ask it has a button by which the user is asked for
 * another folder, where the gateway runs: that is the border. */
import { domError } from "./errors.js";
import { askUser, canAsk, grantOf, onGrantsChanged } from "./guest.js";
import { getDirectoryHandle, getFileHandle, grantedDirectories, pathOf } from "./handles.js";
import { checkedName, isWithin, nameOf, parentOf } from "./names.js";
import { Dialog } from "./dialog.js";

let active = false;

/** @param {any} options of a picker @returns {{ label: string, ends: string[] } | null} null: every file fits */
function filterOf({ types = [] }) {
	const ends = types.flatMap(({ accept = {} }) => Object.values(accept).flat()).map(end => String(end).toLowerCase());
	if (ends.some(end => !end.startsWith(".")))
		throw new TypeError("types: an end of a name begins with a dot");
	return ends.length === 0 ? null : { label: types.map(({ description }) => description).filter(Boolean).join(", ") || ends.join(", "), ends };
}

/** Where a picker begins: in a handle's folder; null: in the list of what was granted. @param {{ startIn?: any }} options */
async function startOf({ startIn }) {
	const path = pathOf(startIn);
	if (path === undefined)
		return null;
	return startIn.kind === "directory" ? startIn : getDirectoryHandle(parentOf(path));
}

/* Asks the user for a folder or file, and tells the dialog what came of it. */
async function ask(dialog, how) {
	dialog.tell(`You are being asked for a ${how.wants === "folder" ? "folder" : "file"} where wvwasi-gw runs: in a window there, or look at its terminal.`);
	try {
		const path = await askUser(how);
		dialog.tellOf({ is: "granted", handle: await (how.wants === "folder" ? getDirectoryHandle : getFileHandle)(path) });
	} catch (error) {
		if (error.name === "AbortError")
			dialog.tellOf({ is: "refused", error });
		else
			dialog.tell(error.message);
	}
}

/** One picker at a time. @template T @param {(dialog: Dialog) => Promise<T>} work @param {any} how of the Dialog @returns {Promise<T>} */
async function withDialog(how, work) {
	if (typeof document === "undefined")
		throw domError("SecurityError", "a worker can't show a picker");
	if (active)
		throw domError("NotAllowedError", "another picker is open");
	active = true;
	const dialog = new Dialog(how);
	const closing = new AbortController();
	try {
		const asks = await canAsk();
		for (const wants of asks ? how.asksFor ?? ["folder"] : [])
			dialog.offerAnother(wants === "folder" ? "Another folder…" : "Another file…", () => ask(dialog, { wants, writes: how.writes, signal: closing.signal }));
		onGrantsChanged(() => dialog.tellOf({ is: "changed" }));
		return await work(dialog);
	} finally {
		onGrantsChanged(null);
		closing.abort();
		dialog.close();
		active = false;
	}
}

/* The folders and files in one; null: what is granted. */
async function listOf(folder, files) {
	const all = [];
	if (folder === null)
		for (const handle of await grantedDirectories())
			all.push({ name: handle.path, handle });
	else
		for await (const [name, handle] of folder.entries())
			if (handle.kind === "directory" || files)
				all.push({ name, handle });
	return all.sort((one, other) => Number(one.handle.kind === "file") - Number(other.handle.kind === "file") || one.name.localeCompare(other.name));
}

/* The folder above; null: the list of what is granted. */
async function above(folder) {
	const grant = await grantOf(folder.path);
	return grant === null || !isWithin(parentOf(folder.path), grant.path) || folder.path === grant.path ? null : getDirectoryHandle(parentOf(folder.path));
}

/** Walks with the user until something is chosen: gives what chosen(folder, event) gives for the first event for which that isn't null, or filed(handle) of a
 * file that the user has granted. */
async function walk(dialog, start, files, chosen, filed = handle => handle) {
	let folder = start;
	for (;;) {
		dialog.show({ path: folder === null ? "" : folder.path, entries: await listOf(folder, files) });
		const event = await dialog.next();
		if (event.is === "cancelled")
			throw domError("AbortError", "the user chose nothing");
		if (event.is === "refused")
			throw event.error;
		if (event.is === "changed") { // the list is made anew
			folder = folder !== null && await grantOf(folder.path) !== null ? folder : null;
			continue;
		}
		if (event.is === "granted" && event.handle.kind === "file")
			return filed(event.handle);
		if (event.is === "granted") {
			folder = event.handle;
			if (files)
				continue;
		}
		if (event.is === "up")
			folder = await above(folder);
		else if (event.is === "opened" && event.handle.kind === "directory")
			folder = event.handle;
		else {
			const result = await chosen(folder, event);
			if (result !== null)
				return result;
		}
	}
}

/** @param {{ startIn?: any, mode?: "read" | "readwrite" }} [options] */
export async function showDirectoryPicker(options = {}) {
	const { mode = "read" } = options, start = await startOf(options);
	return withDialog({ title: "Choose a folder", choose: "Choose this folder", writes: mode === "readwrite" }, dialog => walk(dialog, start, false, async folder => {
		if (folder === null)
			return null;
		if (await folder.queryPermission({ mode }) === "granted")
			return folder;
		dialog.tell(`${folder.path} was granted read-only`);
		return null;
	}));
}

/** @param {{ startIn?: any, multiple?: boolean, types?: any[], excludeAcceptAllOption?: boolean }} [options] */
export async function showOpenFilePicker(options = {}) {
	const { multiple = false, excludeAcceptAllOption = false } = options, filter = filterOf(options), start = await startOf(options);
	return withDialog({ title: multiple ? "Choose files" : "Choose a file", choose: "Choose", multiple, filter, all: !excludeAcceptAllOption, writes: true,
		asksFor: ["folder", "file"] }, dialog => walk(dialog, start, true, async (_, { is, handle, marked }) => {
		const files = is === "opened" ? [handle] : marked;
		return files.length ? files : null;
	}, handle => [handle]));
}

/** @param {{ startIn?: any, suggestedName?: string, types?: any[], excludeAcceptAllOption?: boolean }} [options] */
export async function showSaveFilePicker(options = {}) {
	const { suggestedName = "" } = options, filter = filterOf(options), start = await startOf(options);
	let replaces = "";
	return withDialog({ title: "Save as", choose: "Save", writes: true, asksFor: ["folder", "save"], name: suggestedName, filter, all: !options.excludeAcceptAllOption }, dialog =>
		walk(dialog, start, true, async (folder, { is, handle, name }) => {
			if (is === "opened") {
				dialog.setName(nameOf(handle.path));
				return null;
			}
			try {
				if (folder === null)
					return null;
				const path = `${folder.path} ${checkedName(name)}`;
				const there = await folder.getFileHandle(name).catch(error => (error.name === "NotFoundError" ? null : Promise.reject(error)));
				if (there === null || replaces === path)
					return there ?? await folder.getFileHandle(name, { create: true });
				replaces = path;
				dialog.tell(`${name} exists: press again to replace it`);
			} catch (error) {
				dialog.tell(error.message);
			}
			return null;
		}));
}
