const DEADLINE_MS = 10_000;

/** A case that hangs is a failure with a name. */
const within = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("it hangs")), DEADLINE_MS))]);

// Runs cases in a page or a worker: each in a folder of its own below `root`. Gives [{ name, wanted, given }], JSON.
export async function runCases(cases, root, Observer = null) {
	const results = [];
	for (const [i, [name, wanted, work]] of cases.entries()) {
		const folder = await root.getDirectoryHandle(String(i), { create: true });
		let given;
		try {
			given = await within(work(folder, Observer));
		} catch (error) {
			given = { error: error.name, message: `${error.message} ${error.stack}` };
		}
		results.push({ name, wanted, given: given === undefined ? null : given });
	}
	return results;
}

/** A fresh folder: of the granted one, or of the engine's own file system. */
export async function freshRoot(files, native) {
	const root = native ? await navigator.storage.getDirectory() : await files.getDirectoryHandle("/work");
	return root.getDirectoryHandle(`run-${Math.random().toString(36).slice(2)}`, { create: true });
}
