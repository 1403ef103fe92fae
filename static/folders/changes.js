/* Makes folders, renames, removes: each after a question. */
import { childOf, parentOf } from "../shim/files/names.js";

export class Changes {
	#tree;
	#asking;

	/** @param {import("./tree.js").Tree} tree @param {import("./asking.js").Asking} asking */
	constructor(tree, asking) {
		this.#tree = tree;
		this.#asking = asking;
	}

	/** @param {import("./tree.js").Entry} folder in which it is made @returns {Promise<string | null>} where it is; null: it was cancelled */
	async makeFolder(folder) {
		let path = null;
		await this.#asking.name({ title: `New folder in ${folder.path}`, action: "Make it", name: "", apply: async name => {
			const wanted = childOf(folder.path, name);
			await this.#tree.fs.mkdir(wanted).catch(error => Promise.reject(error.name === "EXIST" ? taken(name) : error));
			path = wanted;
		} });
		return path;
	}

	/** @param {import("./tree.js").Entry} entry @returns {Promise<string | null>} where it is; null: it was cancelled */
	async rename(entry) {
		let path = null;
		await this.#asking.name({ title: `Rename ${entry.name}`, action: "Rename", name: entry.name, apply: async name => {
			const wanted = childOf(parentOf(entry.path), name);
			if (wanted !== entry.path) {
				if (await this.#isThere(wanted))
					throw taken(name);
				await this.#tree.fs.rename(entry.path, wanted);
			}
			path = wanted;
		} });
		return path;
	}

	/** @param {import("./tree.js").Entry[]} entries none within another */
	async remove(entries) {
		const [{ path, name }] = entries, { length } = entries, isFolder = entries.some(({ kind }) => kind === "directory");
		const { value } = await this.#asking.choice({ title: length === 1 ? `Remove ${name}?` : `Remove ${length.toLocaleString("en")} entries?`,
			actions: [["remove", "Remove"]],
			text: length === 1 ? `${path}${isFolder ? " and everything in it" : ""} will be gone for good.`
				: `${someNames(entries)}${isFolder ? ", and everything in the folders," : ""} will be gone for good.` });
		if (value === "remove")
			for (const each of entries)
				await this.#tree.fs.rm(each.path, { recursive: each.kind === "directory" });
		return null;
	}

	async #isThere(path) {
		return this.#tree.fs.lstat(path).then(() => true, error => (error.name === "NOENT" ? false : Promise.reject(error)));
	}
}

const NAMED = 5;

function someNames(entries) {
	const more = entries.length - NAMED;
	return [...entries.slice(0, NAMED).map(({ name }) => name), ...more > 0 ? [`${more.toLocaleString("en")} more`] : []].join(", ").replace(/, (?=[^,]*$)/, " and ");
}

const taken = name => new Error(`There is something named “${name}” already.`);
