/* What this document's terminal runs: the gateway's program or, in a frame that the terminal page made (tabs.js), perhaps a program of a granted folder. Only that
 * page can say so: no address does, and nobody else may frame the terminal. */
const { frameElement } = window;

/** Is it a tab beside the first one? */
export const isFramed = frameElement !== null;

/** "" of the first tab; for names of what is kept for this tab. */
export const tabId = frameElement?.dataset.tab ?? "";

/** Has it typed into, if this is the active tab: a program that begins in another one must not take the keyboard. @param {{ focus: () => void }} screen */
export function focusIfActive(screen) {
	if ((frameElement ?? document.getElementById("pane")).classList.contains("active"))
		screen.focus();
}

/**
 * @template T
 * @param {T} program of program.json
 * @returns {T} the program of this tab; path: where it is in the granted folders, if it isn't the gateway's; named: it is one of --program
 */
export function programOfTab(program) {
	const { path, named, args } = frameElement?.dataset ?? {};
	if (!path && !named)
		return program;
	const name = named ?? path.slice(path.lastIndexOf("/") + 1);
	return { ...program, path, named, name, args: [name, ...JSON.parse(args)] };
}

/** What spawn() is to run. @param {{ path?: string, named?: string }} program */
export async function moduleOf({ path, named }) {
	if (path === undefined)
		return named === undefined ? "/_wvwasi/program.wasm" : `/_wvwasi/programs/${named}`;
	const { getFileHandle } = await import("/_wvwasi/files.js");
	return (await (await getFileHandle(path)).getFile()).arrayBuffer(); // anew at each run: it may have been built meanwhile
}

/** Tells the tab bar that the program wrote something. */
export const tellOutput = () => document.dispatchEvent(new Event("wvwasi-output"));
