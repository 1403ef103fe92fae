/* Tab in line mode: how the path before the cursor goes on, by what is in the granted folders. */
import { connect } from "/_wvwasi/wvwasi.js";

const SHOWN = 12; // names

export class Completion {
	/**
	 * @param {string} begun absolute, or from "/" on, which is where programs begin
	 * @returns {Promise<{ rest: string, names: string[], more: number }>} rest: the letters that all names have in common, with a slash or a blank behind
	 *          the only one; names: the first of several that go on differently; more: how many others there are
	 */
	async of(begun) {
		const cut = begun.lastIndexOf("/") + 1;
		const folder = begun.slice(0, cut), start = begun.slice(cut);
		const found = (await this.#list(folder)).filter(name => name.startsWith(start) && (start !== "" || !name.startsWith("."))).sort();
		if (found.length === 0)
			return { rest: "", names: [], more: 0 };
		const rest = commonStart(found).slice(start.length);
		return found.length === 1 ? { rest, names: [], more: 0 } : { rest, names: found.slice(0, SHOWN), more: Math.max(0, found.length - SHOWN) };
	}

	/* Names, a slash behind those of folders. */
	async #list(folder) {
		const path = `/${folder}`.replace(/\/+/g, "/");
		const session = await connect({ args: ["completion"] }); // no longer than it looks
		const granted = session.preopens.map(preopen => `${preopen.path}/`.replace(/\/+/g, "/"))
			.filter(name => name !== path && name.startsWith(path)).map(name => name.slice(path.length).split("/")[0] + "/");
		let listed = [];
		try {
			listed = await session.fs.readdir(path, { withFileTypes: true });
		} catch {
			// it isn't there, or isn't granted
		} finally {
			session.close();
		}
		const names = listed.filter(({ name }) => typeof name === "string").map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name));
		return [...new Set([...granted, ...names])];
	}
}

function commonStart(names) {
	let [common] = names;
	for (const name of names)
		while (!name.startsWith(common))
			common = common.slice(0, -1);
	return common;
}
