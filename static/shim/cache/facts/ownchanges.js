//# allFunctionsCalledOnLoad
/* What the program changed without waiting while something was asked: the answer may be older than that, though it comes after. */
const RECENT_MAX = 4096;

export class OwnChanges {
	#underWay = 0; // questions whose answers haven't come
	#count = 0;
	#recent = []; // { at, key, name }

	/** Something is asked: gives what since() takes. */
	asks() {
		this.#underWay++;
		return this.#count;
	}

	answered() {
		if (--this.#underWay === 0)
			this.#recent.length = 0;
	}

	/** A name in the folder of this key was changed; name null: the file of this identity, or any with key null. */
	note(key, name) {
		this.#count++;
		if (this.#underWay > 0)
			this.#recent.push({ at: this.#count, key, name });
		if (this.#recent.length > RECENT_MAX) // too many to compare: what is under way isn't believed
			this.#recent = [{ at: Infinity, key: null, name: null }];
	}

	/** The names in this folder that were changed since; null: any may have been. */
	namesSince(asked, folderKey) {
		const changes = this.#recent.filter(({ at, key, name }) => at > asked && (at === Infinity || key === folderKey && name !== null));
		return changes.some(({ at }) => at === Infinity) ? null : changes.map(({ name }) => name);
	}

	/** The files (identities) that were changed since; one of them null: any may have been. */
	filesSince(asked) {
		return new Set(this.#recent.filter(({ at, name }) => at > asked && name === null).map(({ key }) => key));
	}

	/** Was this file, or one that isn't known, changed since? */
	hasChanged(asked, identity) {
		return this.#recent.some(({ at, key, name }) => at > asked && name === null && (key === null || key === identity));
	}
}
