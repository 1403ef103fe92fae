/* What bench/files.js measures in a page: the same on a folder of files.js and on the browser's own file system. Times in ms. */
import { getDirectoryHandle } from "/_wvwasi/files.js";

const BLOCK = new Uint8Array(16 << 20);

const rootOf = async (native) => (native ? navigator.storage.getDirectory() : getDirectoryHandle("/work"));

/** Makes what is read later. */
window.prepare = async (native, { entries, files, bytes }) => {
	const root = await rootOf(native);
	const many = await root.getDirectoryHandle("many", { create: true }), small = await root.getDirectoryHandle("small", { create: true });
	for (let i = 0; i < entries; i += 100)
		await Promise.all(Array.from({ length: 100 }, (_, j) => many.getFileHandle(`an-entry-${i + j}`, { create: true })));
	for (let i = 0; i < files; i++) {
		const stream = await (await small.getFileHandle(`file-${i}`, { create: true })).createWritable();
		await stream.write(`the text of ${i}\n`.repeat(100));
		await stream.close();
	}
	const stream = await (await root.getFileHandle("large", { create: true })).createWritable();
	for (let at = 0; at < bytes; at += BLOCK.length)
		await stream.write(BLOCK);
	await stream.close();
};

const measured = {
	async list(root) {
		let count = 0;
		for await (const [, { kind }] of await root.getDirectoryHandle("many"))
			count += kind === "file" ? 1 : 0;
		return count;
	},
	async read(root) {
		let length = 0;
		for await (const handle of (await root.getDirectoryHandle("small")).values())
			length += (await (await handle.getFile()).text()).length;
		return length;
	},
	stream: async (root) => lengthOf((await (await root.getFileHandle("large")).getFile()).stream()),
	/* beside it the browser's own stream again */
	fetch: async (root, native) => (native ? measured.stream(root) : lengthOf((await fetch("/large", { cache: "no-store" })).body)),
};

async function lengthOf(stream) {
	let length = 0;
	for (const reader = stream.getReader(); ;) {
		const { done, value } = await reader.read();
		if (done)
			return length;
		length += value.length;
	}
}

window.measure = async (native, what) => {
	const root = await rootOf(native), began = performance.now(), result = await measured[what](root, native);
	return { ms: performance.now() - began, result };
};
window.ready = true;
