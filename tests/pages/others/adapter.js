// native-file-system-adapter, as it comes from npm, with a granted folder in place of a store of its own.
import { getOriginPrivateDirectory } from "native-file-system-adapter";

import { getDirectoryHandle } from "/_wvwasi/files.js";

/** Makes, changes, lists, moves away: { names, text, size } as the adapter has them. @param {string} path of an empty folder */
window.adapted = async (path) => {
	const root = await getOriginPrivateDirectory(() => getDirectoryHandle(path));
	const folder = await root.getDirectoryHandle("made", { create: true }), names = [];
	for (const name of ["a.txt", "b.txt"]) {
		const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
		await stream.write("first ");
		await stream.write({ type: "write", position: 6, data: new Blob(["second"]) });
		await stream.truncate(9);
		await stream.close();
	}
	await folder.removeEntry("b.txt");
	for await (const [name, handle] of root.entries())
		names.push(`${handle.kind} ${name}`);
	const handle = await folder.getFileHandle("a.txt"), file = await handle.getFile();
	return { names, text: await file.text(), path: await root.resolve(handle), missing: await root.getFileHandle("none").catch((error) => error.name) };
};
