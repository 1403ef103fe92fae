// What the File System Standard promises, as cases that run on any root handle: files.js's, or the engine's own (OPFS). Each gives an outcome as JSON, and says
// which it has to be. Their meaning is that of web-platform-tests' fs/.

/** The result of a promise, or the name of the error that it rejects with. */
export const of = (promise) => Promise.resolve(promise).then((value) => (value === undefined ? "done" : value), (error) => error.name);
export const put = async (folder, name, text) => {
	const handle = await folder.getFileHandle(name, { create: true });
	const stream = await handle.createWritable();
	await stream.write(text);
	await stream.close();
	return handle;
};
export const read = async (handle) => (await handle.getFile()).text();
export const names = async (folder) => {
	const all = [];
	for await (const [name, { kind }] of folder.entries())
		all.push(kind === "file" ? name : `${name}/`);
	return all.sort();
};
const dir = (folder, name) => folder.getDirectoryHandle(name, { create: true });
const BAD_NAMES = ["", ".", "..", "a/b", "/", "/a", "a/"];
const inTurn = async (items, work) => {
	const all = [];
	for (const item of items)
		all.push(await work(item));
	return all;
};

/** Writes with createWritable(options) by work(stream) over "0123456789", and gives what the file then holds. */
const written = (options, work) => async (root) => {
	const handle = await put(root, "f", "0123456789");
	const stream = await handle.createWritable(options);
	await work(stream);
	await stream.close();
	return read(handle);
};
/** What a write is refused with, and that the file stays as it was. */
const refused = (chunk) => async (root) => {
	const handle = await put(root, "f", "kept");
	const stream = await handle.createWritable();
	return [await of(stream.write(chunk)), await of(stream.close()), await read(handle)];
};
const refusedWrite = (name) => [name, "TypeError", "kept"];
const KEEP = { keepExistingData: true };

/** [name, outcome, (root) => outcome] */
export const cases = [
	// ---- getting handles
	["getFileHandle: not there", "NotFoundError", (root) => of(root.getFileHandle("f"))],
	["getFileHandle: create makes an empty file", ["file", "f", 0, ["f"]], async (root) => {
		const handle = await root.getFileHandle("f", { create: true });
		return [handle.kind, handle.name, (await handle.getFile()).size, await names(root)];
	}],
	["getFileHandle: create leaves a file's content", "text", async (root) => {
		await put(root, "f", "text");
		return read(await root.getFileHandle("f", { create: true }));
	}],
	["getFileHandle: a folder's name", ["TypeMismatchError", "TypeMismatchError"], async (root) => {
		await dir(root, "d");
		return [await of(root.getFileHandle("d")), await of(root.getFileHandle("d", { create: true }))];
	}],
	["getFileHandle: no names", BAD_NAMES.map(() => "TypeError"), (root) => inTurn(BAD_NAMES, (name) => of(root.getFileHandle(name, { create: true })))],
	["getFileHandle: names with letters of all kinds", ["a b", "ä🤘", "a\\b", "a\nb", "a:b*?"].sort(), async (root) => {
		for (const name of ["a b", "ä🤘", "a\\b", "a\nb", "a:b*?"])
			await root.getFileHandle(name, { create: true });
		return names(root);
	}],
	["getFileHandle: a name that is too long", "TypeError", (root) => of(root.getFileHandle("x".repeat(300), { create: true }))],
	["getFileHandle: the folder is gone", ["NotFoundError", "NotFoundError"], async (root) => {
		const d = await dir(root, "d");
		await root.removeEntry("d");
		return [await of(d.getFileHandle("f")), await of(d.getFileHandle("f", { create: true }))];
	}],
	["getDirectoryHandle: not there", "NotFoundError", (root) => of(root.getDirectoryHandle("d"))],
	["getDirectoryHandle: create makes a folder, and finds one", ["directory", "d", ["f"]], async (root) => {
		const made = await dir(root, "d");
		await made.getFileHandle("f", { create: true });
		return [made.kind, made.name, await names(await dir(root, "d"))];
	}],
	["getDirectoryHandle: a file's name", ["TypeMismatchError", "TypeMismatchError"], async (root) => {
		await put(root, "f", "");
		return [await of(root.getDirectoryHandle("f")), await of(root.getDirectoryHandle("f", { create: true }))];
	}],
	["getDirectoryHandle: no names", BAD_NAMES.map(() => "TypeError"), (root) => inTurn(BAD_NAMES, (name) => of(dir(root, name)))],

	// ---- listing
	["entries, keys, values and the folder itself say the same", [["d", "f"], ["d", "f"], ["d", "f"], ["d", "f"], true], async (root) => {
		await put(root, "f", "1");
		await dir(root, "d");
		const all = { entries: [], keys: [], values: [], itself: [] };
		for await (const [name] of root.entries())
			all.entries.push(name);
		for await (const name of root.keys())
			all.keys.push(name);
		for await (const { name } of root.values())
			all.values.push(name);
		for await (const [name, handle] of root)
			all.itself.push(handle.name === name ? name : null);
		return [...Object.values(all).map((each) => each.sort()), root[Symbol.asyncIterator] === root.entries];
	}],
	["a listing of an empty folder", [], names],
	["two listings at once", [["a", "b"], ["a", "b"]], async (root) => {
		await put(root, "a", "");
		await put(root, "b", "");
		return Promise.all([names(root), names(root)]);
	}],
	["a listing may be left", ["a", ["a", "b"]], async (root) => {
		await put(root, "a", "");
		await put(root, "b", "");
		for await (const name of root.keys())
			return [["a", "b"].includes(name) ? "a" : name, await names(root)];
		return null;
	}],
	["a listing of a folder that is gone", "NotFoundError", async (root) => {
		const d = await dir(root, "d");
		await root.removeEntry("d");
		return of(names(d));
	}],
	["a file that is written isn't listed twice", ["f"], async (root) => {
		const stream = await (await put(root, "f", "")).createWritable();
		await stream.write("x");
		const seen = await names(root);
		await stream.abort();
		return seen;
	}],

	// ---- removing
	["removeEntry: a file, an empty folder", [], async (root) => {
		await put(root, "f", "");
		await dir(root, "d");
		await root.removeEntry("f");
		await root.removeEntry("d");
		return names(root);
	}],
	["removeEntry: not there", "NotFoundError", (root) => of(root.removeEntry("f"))],
	["removeEntry: no names", BAD_NAMES.map(() => "TypeError"), (root) => inTurn(BAD_NAMES, (name) => of(root.removeEntry(name)))],
	["removeEntry: a folder that isn't empty", ["InvalidModificationError", ["d/"], "done", []], async (root) => {
		const d = await dir(root, "d");
		await put(await dir(d, "e"), "f", "");
		const first = await of(root.removeEntry("d"));
		return [first, await names(root), await of(root.removeEntry("d", { recursive: true })), await names(root)];
	}],
	["removeEntry: a file that is open for writing", ["NoModificationAllowedError", "done"], async (root) => {
		const stream = await (await put(root, "f", "")).createWritable();
		const first = await of(root.removeEntry("f"));
		await stream.close();
		return [first, await of(root.removeEntry("f"))];
	}],
	["removeEntry: a folder in which a file is open for writing", ["NoModificationAllowedError", "done"], async (root) => {
		const stream = await (await put(await dir(root, "d"), "f", "")).createWritable();
		const first = await of(root.removeEntry("d", { recursive: true }));
		await stream.close();
		return [first, await of(root.removeEntry("d", { recursive: true }))];
	}],
	["remove: the handle's own entry", ["done", "NotFoundError", "InvalidModificationError", "done", []], async (root) => {
		const file = await put(root, "f", ""), d = await dir(root, "d");
		await put(d, "g", "");
		return [await of(file.remove()), await of(file.remove()), await of(d.remove()), await of(d.remove({ recursive: true })), await names(root)];
	}],

	// ---- what is the same, and where
	["isSameEntry", [true, true, false, false, false], async (root) => {
		const file = await put(root, "f", ""), other = await put(root, "g", ""), d = await dir(root, "d");
		return [await file.isSameEntry(file), await file.isSameEntry(await root.getFileHandle("f")), await file.isSameEntry(other), await file.isSameEntry(d),
			await d.isSameEntry(file)];
	}],
	["isSameEntry: a file and a folder of the same name, one after the other", false, async (root) => {
		const file = await put(root, "x", "");
		await root.removeEntry("x");
		return file.isSameEntry(await dir(root, "x"));
	}],
	["resolve", [[], ["d"], ["d", "f"], ["f"], null], async (root) => {
		const d = await dir(root, "d"), file = await put(d, "f", "");
		return [await root.resolve(root), await root.resolve(d), await root.resolve(file), await d.resolve(file), await d.resolve(root)];
	}],
	["resolve: no handle", "TypeError", (root) => of(root.resolve("f"))],
	["resolve: a folder whose name begins the other's", null, async (root) => (await dir(root, "d")).resolve(await dir(root, "dd"))],

	// ---- reading
	["getFile: content, name, size, type", ["text", "f.txt", 4, "text/plain", true, true], async (root) => {
		const file = await (await put(root, "f.txt", "text")).getFile();
		return [await file.text(), file.name, file.size, file.type, file instanceof File, Math.abs(file.lastModified - Date.now()) < 60_000];
	}],
	["getFile: slices and streams", ["234", "text/x", "89", "0123456789", "", 10], async (root) => {
		const file = await (await put(root, "f", "0123456789")).getFile();
		const part = file.slice(2, 5, "Text/X");
		const streamed = await new Response(file.stream()).text();
		return [await part.text(), part.type, await file.slice(-2).text(), streamed, await file.slice(20, 30).text(), (await file.arrayBuffer()).byteLength];
	}],
	["getFile: gone", "NotFoundError", async (root) => {
		const handle = await put(root, "f", "");
		await root.removeEntry("f");
		return of(handle.getFile());
	}],
	["getFile: a folder has come in its place", "TypeMismatchError", async (root) => {
		const handle = await put(root, "f", "");
		await root.removeEntry("f");
		await dir(root, "f");
		return of(handle.getFile());
	}],

	// ---- writing
	["createWritable: a blob, bytes, a view, text", "blob\u0001\u0002\u0003text🤘", async (root) => {
		const handle = await root.getFileHandle("f", { create: true });
		const stream = await handle.createWritable();
		await stream.write(new Blob(["blob"]));
		await stream.write(Uint8Array.of(1).buffer);
		await stream.write(new DataView(Uint8Array.of(9, 2, 3, 9).buffer, 1, 2));
		await stream.write("text🤘");
		await stream.close();
		return read(handle);
	}],
	["createWritable: nothing written empties the file", "", written({}, () => {})],
	["createWritable: keepExistingData", "ab23456789", written(KEEP, (stream) => stream.write("ab"))],
	["createWritable: nothing written with keepExistingData", "0123456789", written(KEEP, () => {})],
	["write: at a position", "0123ab6789", written(KEEP, (stream) => stream.write({ type: "write", position: 4, data: "ab" }))],
	["write: beyond the end", "\0\0\0abc", written({}, (stream) => stream.write({ type: "write", position: 3, data: "abc" }))],
	["write: one after the other", "abcde", written({}, async (stream) => {
		await stream.write("abc");
		await stream.write({ type: "write", data: "de" });
	})],
	["seek", "01234xy789", written(KEEP, async (stream) => {
		await stream.seek(5);
		await stream.write("xy");
	})],
	["seek as a chunk", "0xy3456789", written(KEEP, async (stream) => {
		await stream.write({ type: "seek", position: 1 });
		await stream.write("xy");
	})],
	["truncate: shorter", "01234", written(KEEP, (stream) => stream.truncate(5))],
	["truncate: longer", "abc\0\0", written({}, async (stream) => {
		await stream.write("abc");
		await stream.truncate(5);
	})],
	["truncate: the place stays if it is within", "abc34", written(KEEP, async (stream) => {
		await stream.truncate(5);
		await stream.write("abc");
	})],
	["truncate: the place moves to the end if it isn't", "01234abc", written(KEEP, async (stream) => {
		await stream.seek(6);
		await stream.truncate(5);
		await stream.write("abc");
	})],
	["commands queue up, and the stream isn't locked between them", ["xyzdef\0\0\0", false], async (root) => {
		const handle = await root.getFileHandle("f", { create: true });
		const stream = await handle.createWritable(), locked = [];
		for (const command of [() => stream.write("abc"), () => stream.write("def"), () => stream.truncate(9), () => stream.seek(0), () => stream.write("xyz")]) {
			command();
			locked.push(stream.locked);
		}
		await stream.close();
		return [await read(handle), locked.includes(true)];
	}],
	["a writer, and pipeTo", ["bazbar", "piped"], async (root) => {
		const handle = await root.getFileHandle("f", { create: true });
		const writer = (await handle.createWritable()).getWriter();
		await writer.write("foo");
		await writer.write(new Blob(["bar"]));
		await writer.write({ type: "seek", position: 0 });
		await writer.write({ type: "write", data: "baz" });
		await writer.close();
		const first = await read(handle);
		await new Blob(["piped"]).stream().pipeTo(await handle.createWritable());
		return [first, await read(handle)];
	}],
	["nothing is seen before close, and all after", ["0123456789", "new"], async (root) => {
		const handle = await put(root, "f", "0123456789");
		const stream = await handle.createWritable();
		await stream.write("new");
		const before = await read(handle);
		await stream.close();
		return [before, await read(handle)];
	}],
	["two writers at once: who closes last wins, whole", ["bar", "foox"], async (root) => {
		const handle = await root.getFileHandle("f", { create: true });
		const one = await handle.createWritable(), two = await handle.createWritable();
		await one.write("foox");
		await two.write("bar");
		await two.close();
		const first = await read(handle);
		await one.close();
		return [first, await read(handle)];
	}],
	["abort: the file stays as it was, and nothing beside it", ["0123456789", ["f"], "done"], async (root) => {
		const handle = await put(root, "f", "0123456789");
		const stream = await handle.createWritable();
		await stream.write("new");
		await stream.abort();
		return [await read(handle), await names(root), await of(root.removeEntry("f"))];
	}],
	["after close nothing more", ["TypeError", "TypeError", "TypeError", "TypeError"], async (root) => {
		const stream = await (await put(root, "f", "")).createWritable();
		await stream.close();
		return [await of(stream.write("x")), await of(stream.truncate(0)), await of(stream.seek(0)), await of(stream.close())];
	}],
	["of many close() one succeeds", 1, async (root) => {
		const stream = await (await put(root, "f", "")).createWritable();
		return (await Promise.all(Array.from({ length: 20 }, () => of(stream.close())))).filter((each) => each === "done").length;
	}],
	["write: truncate without a size", refusedWrite("SyntaxError"), refused({ type: "truncate" })],
	["write: write without data", refusedWrite("SyntaxError"), refused({ type: "write" })],
	["write: seek without a position", refusedWrite("SyntaxError"), refused({ type: "seek" })],
	["write: null data", refusedWrite("TypeError"), refused({ type: "write", data: null })],
	["write: seek to null", refusedWrite("TypeError"), refused({ type: "seek", position: null })],
	["write: truncate to null", refusedWrite("TypeError"), refused({ type: "truncate", size: null })],
	["write: an unknown type", refusedWrite("TypeError"), refused({ type: "append", data: "x" })],
	["write: null", refusedWrite("TypeError"), refused(null)],
	["an error ends the stream and its lock", ["TypeError", "TypeError", "done"], async (root) => {
		const handle = await put(root, "f", "");
		const writer = (await handle.createWritable()).getWriter();
		return [await of(writer.write(null)), await of(writer.write("x")), await of(root.removeEntry("f"))];
	}],
	["a blob whose file is gone", ["NotFoundError", ""], async (root) => {
		const blob = await (await put(root, "source", "x".repeat(20_000_000))).getFile();
		await root.removeEntry("source");
		const handle = await put(root, "f", "");
		const stream = await handle.createWritable();
		return [await of(stream.write(blob)), await read(handle)];
	}],
	["createWritable: the file, or its folder, is gone", ["NotFoundError", "NotFoundError", "NotFoundError", []], async (root) => {
		const d = await dir(root, "d"), handle = await put(d, "f", "x");
		await d.removeEntry("f");
		const first = [await of(handle.createWritable()), await of(handle.createWritable(KEEP))];
		await root.removeEntry("d");
		return [...first, await of(handle.createWritable()), await names(root)];
	}],
	["createWritable: exclusive", ["NoModificationAllowedError", "NoModificationAllowedError", "done"], async (root) => {
		const handle = await put(root, "f", "");
		const stream = await handle.createWritable({ mode: "exclusive" });
		const seen = [await of(handle.createWritable({ mode: "exclusive" })), await of(handle.createWritable())];
		await stream.close();
		const other = await handle.createWritable({ mode: "exclusive" });
		return [...seen, await of(other.close())];
	}],
	["createWritable: exclusive beside siloed", ["NoModificationAllowedError", "done"], async (root) => {
		const handle = await put(root, "f", "");
		const stream = await handle.createWritable();
		const seen = await of(handle.createWritable({ mode: "exclusive" }));
		await stream.abort();
		return [seen, await of((await handle.createWritable({ mode: "exclusive" })).abort())];
	}],
	["createWritable: an unknown mode", "TypeError", async (root) => of((await put(root, "f", "")).createWritable({ mode: "odd" }))],

	// ---- moving
	["move: a new name, again and again, and its own", [["f-3"], "foo", "f-3"], async (root) => {
		const handle = await put(root, "f-1", "foo");
		await handle.move("f-2");
		await handle.move("f-3");
		await handle.move("f-3");
		return [await names(root), await read(handle), handle.name];
	}],
	["move: no names", BAD_NAMES.map(() => "TypeError"), async (root) => {
		const handle = await put(root, "f", "");
		return inTurn(BAD_NAMES, (name) => of(handle.move(name)));
	}],
	["move: into a folder, with and without a name", [["d/", "e/"], [], ["g"], "foo"], async (root) => {
		const d = await dir(root, "d"), e = await dir(root, "e"), handle = await put(root, "f", "foo");
		await handle.move(d);
		await handle.move(e, "g");
		await handle.move(d, "");
		await handle.move(e);
		return [await names(root), await names(d), await names(e), await read(handle)];
	}],
	["move: over a file", [["g"], "foo"], async (root) => {
		const handle = await put(root, "f", "foo");
		await put(root, "g", "bar");
		await handle.move("g");
		return [await names(root), await read(handle)];
	}],
	["move: while the file is open for writing, or what it would replace", ["NoModificationAllowedError", "NoModificationAllowedError", "done"], async (root) => {
		const handle = await put(root, "f", "foo"), other = await put(root, "g", "bar");
		let stream = await handle.createWritable();
		const seen = [await of(handle.move("h"))];
		await stream.abort();
		stream = await other.createWritable();
		seen.push(await of(handle.move("g")));
		await stream.abort();
		return [...seen, await of(handle.move("g"))];
	}],
	["move: what is gone; to a folder that is gone", ["NotFoundError", "NotFoundError"], async (root) => {
		const handle = await put(root, "f", ""), d = await dir(root, "d"), other = await put(root, "g", "");
		await root.removeEntry("f");
		await root.removeEntry("d");
		return [await of(handle.move("h")), await of(other.move(d))];
	}],
	["move: over a folder", ["InvalidModificationError", ["d/", "f"]], async (root) => {
		const handle = await put(root, "f", "");
		await dir(root, "d");
		return [await of(handle.move("d")), await names(root)];
	}],
	["move: a folder, with what is in it", [["e/"], ["f"], "e"], async (root) => {
		const d = await dir(root, "d");
		await put(d, "f", "");
		await d.move("e");
		return [await names(root), await names(d), d.name];
	}],
	["move: a folder into itself", "InvalidModificationError", async (root) => {
		const d = await dir(root, "d");
		return of(d.move(await dir(d, "e")));
	}],

	// ---- kinds, and clones
	["handles are FileSystemHandles", [true, true, true, false, "[object FileSystemFileHandle]"], async (root) => {
		const handle = await put(root, "f", "");
		return [handle instanceof FileSystemHandle, handle instanceof FileSystemFileHandle, root instanceof FileSystemDirectoryHandle,
			handle instanceof FileSystemDirectoryHandle, Object.prototype.toString.call(handle)];
	}],
	["nobody makes handles by new", ["TypeError", "TypeError"], async () => [FileSystemFileHandle, FileSystemDirectoryHandle].map((made) => {
		try {
			return String(new made());
		} catch ({ name }) {
			return name;
		}
	})],
	["a file handle can be cloned", "done", async (root) => {
		const handle = await put(root, "f", "");
		return of((async () => void structuredClone(handle))());
	}],
];
