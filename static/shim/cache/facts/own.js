//# allFunctionsCalledOnLoad
/* Names that this program made, also while nobody promises anything of their folders: it is still the same file or folder then, or it isn't ours. */
const MAX = 16_384; // names

export class Own {
	#entries = new Map(); // "folder name" -> Entry

	add({ key }, name, entry) {
		if (this.#entries.size >= MAX)
			this.#entries.clear();
		this.#entries.set(`${key} ${name}`, entry);
	}

	delete({ key }, name) {
		this.#entries.delete(`${key} ${name}`);
	}

	has({ key }, name, entry) {
		const made = this.#entries.get(`${key} ${name}`);
		return made !== undefined && made.type === entry.type && made.ino === entry.ino;
	}
}
