//# allFunctionsCalledOnLoad
/* Does the program walk through a tree, folder by folder? If it has listed a folder, then the first one in it or the next one beside it, and once more so,
 * it is expected to go on: the folders that follow are asked for beside what it waits for, and their files, if it reads those. Leaves to others:
 * asking, in which order names are gone through (order.js), how many files may come (nextfiles.js).
 * It earns: a listing of 111 folders waits 5 times, 222 without it, searches through 2,000 files in them 16 and 116 (in C), 52 and 229 (in Python). */
import { Credit } from "../../base/credit.js";
import { FILETYPE } from "../../base/fds.js";
import { joinedPath } from "../../base/names.js";
import { Fits, Order } from "./order.js";

const SURE = 2; // steps in a row
const WINDOW_FIRST = 128, WINDOW_MAX = 192; // folders asked for and not come to yet

const parentOf = path => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".");
const lastOf = path => path.slice(path.lastIndexOf("/") + 1);
const isBelow = (path, folder) => folder === "." || path.startsWith(`${folder}/`);

export class Walk {
	#folderAt;
	#fits = new Fits();
	#orders = new WeakMap(); // Folder -> Order of the folders in it
	#root = null; // place where the walk began
	#last = null; // place that was listed last
	#steps = 0; // that it went as a walk goes, in a row
	#credit = new Credit(WINDOW_FIRST); // folders that were asked for, and those of them that the program came to

	/** folderAt: (place) => the leased Folder there, or null. */
	constructor(folderAt) {
		this.#folderAt = folderAt;
	}

	/** The program lists this folder. */
	lists(place) {
		if (this.#isLast(place))
			return;
		this.#steps = this.#stepsTo(place, true);
		if (this.#steps === 0)
			this.#root = place;
		else if (!isBelow(place.path, this.#root.path))
			this.#root = { ...place, path: parentOf(place.path) }; // it goes on beside the folder where it began
		this.#last = place;
	}

	/** How many steps it would have gone, if it came to this folder now. */
	#stepsTo(place, learns) {
		const last = this.#last, parent = parentOf(place.path);
		if (last === null || place.handle !== last.handle || !isBelow(place.path, this.#root.path) && parent !== parentOf(this.#root.path))
			return 0;
		if (parent !== last.path && !isBelow(last.path, parent))
			return 0;
		const order = this.#orderIn({ ...place, path: parent });
		if (order === null)
			return 0;
		const name = lastOf(place.path);
		if (parent === last.path) {
			if (learns)
				this.#fits.begins(order, name);
			return order.begins(name) ? this.#steps + 1 : 0;
		}
		const before = last.path.slice(parent === "." ? 0 : parent.length + 1).split("/")[0]; // where it was in that folder
		if (!order.follows(before, name))
			return 0;
		if (learns)
			this.#fits.learn(order, before, name);
		return this.#steps + 1;
	}

	#isLast({ handle, path }) {
		return this.#last !== null && this.#last.handle === handle && this.#last.path === path;
	}

	/** Has it just listed what comes before this folder in a walk? Then it is about to list it. */
	isNext(place) {
		return this.#isLast(place) || this.#stepsTo(place, false) > 0;
	}

	/** Does it walk, now that it comes to this folder, or is in it? */
	isWalkingAt(place) {
		return (this.#isLast(place) ? this.#steps : this.#stepsTo(place, false)) >= SURE;
	}

	/** So many more folders may be asked for. Never more than the server keeps open: it would close the next ones again. */
	get room() {
		return Math.min(this.#credit.room, WINDOW_MAX - this.#credit.lost);
	}

	/** One was asked for. */
	asked() {
		this.#credit.sent++;
	}

	/** The program came to one that was asked for. */
	cameTo() {
		this.#credit.used++;
		if (this.#credit.lost === 0)
			this.#credit.grow(WINDOW_MAX);
	}

	/** The folders that follow this one: { path, folder: null if it isn't leased }. What is below one that isn't leased isn't known. */
	* after({ handle, path }) {
		const own = this.#folderAt({ handle, path });
		if (own !== null)
			yield* this.#below(handle, path, own);
		for (let at = path; at !== this.#root.path && at !== "."; at = parentOf(at)) {
			const parent = parentOf(at), order = this.#orderIn({ handle, path: parent });
			if (order !== null)
				yield* this.#all(handle, parent, order.following(lastOf(at), this.#fits));
		}
	}

	* #below(handle, path, folder) {
		yield* this.#all(handle, path, this.#order(folder).names(this.#fits));
	}

	* #all(handle, parent, names) {
		for (const name of names) {
			const path = joinedPath(parent, name), folder = this.#folderAt({ handle, path });
			yield { path, folder };
			if (folder !== null)
				yield* this.#below(handle, path, folder);
		}
	}

	#orderIn(place) {
		const folder = this.#folderAt(place);
		return folder === null ? null : this.#order(folder);
	}

	#order(folder) {
		let order = this.#orders.get(folder);
		if (order === undefined)
			this.#orders.set(folder, order = new Order([...folder.names].filter(([, { type }]) => type === FILETYPE.DIRECTORY).map(([name]) => name)));
		return order;
	}
}
