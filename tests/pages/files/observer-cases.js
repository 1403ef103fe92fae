// FileSystemObserver's promises, as in cases.js, by changes that the page makes itself.
import { put } from "./cases.js";

/** Makes changes while the handle is observed, each once what the one before is told as was told. steps: [change, "type path"]. Gives what was told: [type,
 * path, path before]. */
async function told(Observer, handle, options, ...steps) {
	const seen = [];
	let heard = () => {};
	const observer = new Observer((records) => {
		for (const { type, relativePathComponents, relativePathMovedFrom } of records)
			seen.push([type, relativePathComponents.join("/"), relativePathMovedFrom?.join("/") ?? null]);
		heard();
	});
	await observer.observe(handle, options);
	for (const [change, wanted] of steps) {
		await change();
		while (!seen.some(([type, path]) => `${type} ${path}` === wanted))
			await new Promise((resolve) => (heard = resolve));
	}
	observer.disconnect();
	/* How often a file was changed while it was written is anybody's guess. */
	return seen.filter(([type, path], i) => type !== "modified" || seen.findIndex((each) => each[0] === type && each[1] === path) === i);
}
const RECURSIVE = { recursive: true };

/** [name, outcome, (root, Observer) => outcome] */
export const observerCases = [
	["a file comes, moves and goes", [["appeared", "f", null], ["moved", "g", "f"], ["disappeared", "g", null]], (root, Observer) => {
		let handle;
		return told(Observer, root, {}, [async () => (handle = await root.getFileHandle("f", { create: true })), "appeared f"], [() => handle.move("g"), "moved g"],
			[() => handle.remove(), "disappeared g"]);
	}],
	["a file is written", [["modified", "f", null]], async (root, Observer) => {
		await put(root, "f", "1");
		return told(Observer, root, {}, [() => put(root, "f", "12"), "modified f"]);
	}],
	["a file moves between two folders that are observed", [["moved", "e/g", "d/f"]], async (root, Observer) => {
		const d = await root.getDirectoryHandle("d", { create: true }), e = await root.getDirectoryHandle("e", { create: true });
		const handle = await put(d, "f", "1");
		return told(Observer, root, RECURSIVE, [() => handle.move(e, "g"), "moved e/g"]);
	}],
	["a file moves out of what is observed, and in", [["disappeared", "f", null], ["appeared", "g", null]], async (root, Observer) => {
		const d = await root.getDirectoryHandle("d", { create: true });
		const handle = await put(d, "f", "1");
		return told(Observer, d, {}, [() => handle.move(root), "disappeared f"], [() => handle.move(d, "g"), "appeared g"]);
	}],
	["without recursive nothing of what is below", [["appeared", "end", null]], async (root, Observer) => {
		const d = await root.getDirectoryHandle("d", { create: true });
		return told(Observer, root, {}, [async () => {
			await d.getFileHandle("f", { create: true });
			await root.getFileHandle("end", { create: true });
		}, "appeared end"]);
	}],
	["with recursive also of folders that come", [["appeared", "d", null], ["appeared", "d/f", null]], async (root, Observer) => {
		let d;
		return told(Observer, root, RECURSIVE, [async () => (d = await root.getDirectoryHandle("d", { create: true })), "appeared d"],
			[() => d.getFileHandle("f", { create: true }), "appeared d/f"]);
	}],
	["one file alone", [["modified", "", null], ["disappeared", "", null], ["errored", "", null]], async (root, Observer) => {
		const handle = await put(root, "f", "1");
		return told(Observer, handle, {}, [async () => {
			await put(root, "g", "1");
			await put(root, "f", "12");
		}, "modified "], [() => root.removeEntry("f"), "errored "]);
	}],
	["what isn't there", "NotFoundError", async (root, Observer) => {
		const handle = await put(root, "f", "1");
		await handle.remove();
		return new Observer(() => {}).observe(handle).then(() => "done", ({ name }) => name);
	}],
	["unobserve and disconnect, again and again", "done", async (root, Observer) => {
		const observer = new Observer(() => {});
		await observer.observe(root);
		observer.unobserve(root);
		observer.unobserve(root);
		observer.disconnect();
		observer.disconnect();
		return "done";
	}],
];
