/* Gives the user a copy of a file, or of folders and several files as a zip file, through the browser's own downloads. The bytes go piece by piece into a
 * Blob, which Chromium and Firefox keep on disk when it gets large. */
import { getDirectoryHandle, getFileHandle } from "/_wvwasi/files.js";

const KEPT_MS = 60_000; // the browser has begun to save it by then

const nameOf = ({ parent, path, name }) => (parent === null ? path.split("/").findLast(Boolean) ?? "root" : name);

/**
 * @param {import("./tree.js").Entry[]} entries several, or a folder: as one zip file
 * @param {{ signal: AbortSignal, progress: (bytes: number) => void }} options
 * @returns {Promise<string>} the name under which it is saved
 */
export async function download(entries, { signal, progress }) {
	const [entry] = entries, isOne = entries.length === 1, name = nameOf(isOne ? entry : entry.parent ?? entry);
	if (isOne && entry.kind === "file") {
		const file = await (await getFileHandle(entry.path)).getFile();
		save(await blobOf(file.stream(), file.type, { signal, progress }), name);
		return name;
	}
	const { makeZip } = await import("/_wvwasi/folders/client-zip/client-zip.js");
	save(await blobOf(makeZip(all(entries, signal)), "application/zip", { signal, progress }), `${name}.zip`);
	return `${name}.zip`;
}

async function* all(entries, signal) {
	for (const entry of entries)
		if (entry.kind === "directory")
			yield* members(await getDirectoryHandle(entry.path), `${nameOf(entry)}/`, signal);
		else
			yield await member(await getFileHandle(entry.path), entry.name);
}

async function member(handle, name) {
	const file = await handle.getFile();
	return { name, input: file.stream(), lastModified: new Date(file.lastModified) };
}

/* A folder and all in it, as client-zip takes them, each when its turn comes. */
async function* members(folder, prefix, signal) {
	yield { name: prefix };
	for await (const [name, handle] of folder) {
		signal.throwIfAborted();
		if (handle.kind === "directory")
			yield* members(handle, `${prefix}${name}/`, signal);
		else
			yield await member(handle, prefix + name);
	}
}

async function blobOf(stream, type, { signal, progress }) {
	let bytes = 0;
	const counted = new TransformStream({
		transform(piece, controller) {
			progress(bytes += piece.length);
			controller.enqueue(piece);
		},
	});
	const done = stream.pipeTo(counted.writable, { signal });
	const [blob] = await Promise.all([new Response(counted.readable, { headers: { "Content-Type": type || "application/octet-stream" } }).blob(), done]);
	return blob;
}

function save(blob, name) {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
