/** /_wvwasi/folders.js: a panel of the granted folders, as the terminal page has it. Importing it defines the element <wvwasi-folders>. */

export interface FoldersOptions {
	/** What "Insert the path" does, with the paths of all that is selected; without it there is no such button. */
	insert?: (...paths: string[]) => void;
	/** What "Close" does; without it there is no such button. */
	close?: () => void;
}

/**
 * The granted folders as a tree, live: names, sizes, what has just changed. Files are shown, copied into it by a drop or a file field, downloaded (folders as zip
 * files), renamed and removed. It takes the height that the page gives it, and theme.css's colours where the page has that.
 *
 * Event "open" (CustomEvent<{ path: string }>): the user opens a file; preventDefault() keeps the panel from showing it.
 */
export class FoldersPanel extends HTMLElement {
	constructor(options?: FoldersOptions);
	/** Asks what is granted, anew. Resolves when it is shown; errors are shown, too. The panel does it itself when it is put on a page. */
	open(): Promise<void>;
	/** Where dropped files go: the selected folder, or the first that can be written; null: there is none. */
	readonly target: string | null;
	/** The guest path of the selected entry, of several the current one's; null: none is. */
	readonly selected: string | null;
	/** Opens the folders above a path and selects it. @returns is it there? */
	reveal(path: string): Promise<boolean>;
	/** Copies files and folders of the user's computer into `folder` (default: target), asks before it replaces any, and shows how far it is.
	 * @returns the guest paths of those that were given and copied. Never rejects: errors are shown. */
	copy(given: (FileSystemEntry | File)[], folder?: string): Promise<string[]>;
}

/** What was dropped, for copy(); to be called while the event is handled, not later. */
export function dropped(dataTransfer: DataTransfer): (FileSystemDirectoryEntry | File)[];

declare global {
	interface HTMLElementTagNameMap {
		"wvwasi-folders": FoldersPanel;
	}
}
