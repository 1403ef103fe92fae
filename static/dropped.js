/* What was dropped on a page from the user's computer. */

/**
 * Only while the event is handled, not later.
 * @param {DataTransfer} dataTransfer
 * @returns {(FileSystemDirectoryEntry | File)[]}
 */
export function dropped({ items }) {
	return [...items].filter(({ kind }) => kind === "file").map(item => {
		const entry = item.webkitGetAsEntry?.();
		return entry?.isDirectory ? entry : item.getAsFile();
	}).filter(Boolean);
}
