/* What this document's terminal runs: the gateway's program or, in a frame that the terminal page made (tabs.js), perhaps a program of a granted folder. Only that
 * page can say so: no address does, and nobody else may frame the terminal. */
const { frameElement } = window;

/** Is it a tab beside the first one? */
export const isFramed = frameElement !== null;

/** "" of the first tab; for names of what is kept for this tab. */
export const tabId = frameElement?.dataset.tab ?? "";

/**
 * @template T
 * @param {T} program of program.json
 * @returns {T} the program of this tab; path: where it is in the granted folders, if it isn't the gateway's
 */
export function programOfTab(program) {
	const { path, args } = frameElement?.dataset ?? {};
	if (!path)
		return program;
	const name = path.slice(path.lastIndexOf("/") + 1);
	return { ...program, path, name, args: [name, ...JSON.parse(args)] };
}

/** What spawn() is to run. @param {{ path?: string }} program */
export async function moduleOf({ path }) {
	if (path === undefined)
		return "/_wvwasi/program.wasm";
	const { getFileHandle } = await import("/_wvwasi/files.js");
	return (await (await getFileHandle(path)).getFile()).arrayBuffer(); // anew at each run: it may have been built meanwhile
}

/** Tells the tab bar that the program wrote something. */
export const tellOutput = () => document.dispatchEvent(new Event("wvwasi-output"));
