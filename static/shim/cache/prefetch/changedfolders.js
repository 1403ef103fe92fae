//# allFunctionsCalledOnLoad
/* Does the program look at folders that it has made and changed, one after the other in one folder? Then the attributes of all of these come at once: who
 * walks through a tree looks at its folders before listing them. Leaves to others: asking, what is known of a folder (facts/folders.js).
 * It earns: copying, walking and removing a tree of 11 folders waits 246 times, 253 without it. */
const BESIDE_MAX = 32; // folders at once
const NAMES_MAX = 256; // of one, since its names come along

export class ChangedFolders {
	#folders;
	#last = null; // the Folder in which it looked at one

	constructor(folders) {
		this.#folders = folders;
	}

	/** The program has to ask for the attributes of what this Entry of a Folder stands for. Gives the names of those to ask for in that Folder. */
	looksAt(parent, { key }) {
		const isOne = this.#isChanged(key), again = this.#last === parent;
		this.#last = isOne ? parent : null;
		return isOne && again ? [...parent.names].filter(entry => this.#isChanged(entry[1].key)).slice(0, BESIDE_MAX).map(([name]) => name) : [];
	}

	/* Is it a leased folder that the program has changed since it was told of it? */
	#isChanged(key) {
		const folder = key === null ? undefined : this.#folders.at(key);
		return folder !== undefined && folder.made && folder.stat === null && folder.names.size <= NAMES_MAX;
	}
}
