/* Copies files and folders of this computer, as a page is given them by a drop or a file field, into a granted folder. Asks before anything is replaced. */
import { childOf, nameOf, parentOf, swapName } from "../shim/files/names.js";

const AT_ONCE = 6; // files
const PIECE = 512 << 10, UNDER_WAY = 4; // bytes of a write, and writes of a file
const MOST = 100_000; // files and folders

/**
 * All files and folders below them. Rejects where there are more than 100,000, or one can't be read.
 * @param {Iterable<FileSystemEntry | File>} given
 * @returns {Promise<{ parts: string[], file: (() => Promise<File>) | null }[]>} parts: the names that lead there; file: null of a folder, which
 *          comes before what is in it
 */
async function gathered(given) {
	const all = [];
	const add = (parts, file) => {
		if (all.push({ parts, file }) > MOST)
			throw new Error(`more than ${MOST.toLocaleString("en")} files and folders at once`);
	};
	const enter = async (entry, parts) => {
		const here = [...parts, entry.name];
		if (entry.isFile)
			return add(here, () => new Promise((resolve, reject) => entry.file(resolve, reject)));
		add(here, null);
		const reader = entry.createReader();
		for (;;) {
			const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // 100 at most
			if (some.length === 0)
				return undefined;
			for (const each of some)
				await enter(each, here);
		}
	};
	for (const each of given)
		if (each instanceof File)
			add([each.name], async () => each);
		else
			await enter(each, []);
	return all;
}

/** One copying: see run(). */
export class Copying {
	#fs;
	#folder;
	#ask;
	#progress;
	#signal;
	#decision = null; // for all the others
	#asking = Promise.resolve();
	files = 0;
	bytes = 0;
	total = 0;

	/**
	 * @param {object} fs w.fs
	 * @param {string} folder a guest path
	 * @param {{ ask: (path: string) => Promise<{ value: "replace" | "both" | "skip" | null, ticked: boolean }>, progress: (copying: Copying) => void,
	 *           signal: AbortSignal }} options ask: what becomes of a file that is there; null: nothing more is copied
	 */
	constructor(fs, folder, { ask, progress, signal }) {
		this.#fs = fs;
		this.#folder = folder;
		this.#ask = ask;
		this.#progress = progress;
		this.#signal = signal;
	}

	/**
	 * @param {Iterable<FileSystemEntry | File>} given
	 * @returns {Promise<{ paths: string[], failed: { path: string, message: string }[] }>} paths: of what was given, where it is now. Rejects with AbortError.
	 */
	async run(given) {
		const all = await gathered(given), paths = new Set(), failed = [];
		this.total = all.filter(({ file }) => file !== null).length;
		const attempt = async (one, work) => {
			this.#signal.throwIfAborted();
			const path = one.parts.reduce(childOf, this.#folder);
			try {
				const copied = await work(path, one);
				if (copied !== null && one.parts.length === 1)
					paths.add(copied);
			} catch (error) {
				this.#signal.throwIfAborted();
				if (error.name === "GatewayLost")
					throw error;
				failed.push({ path, message: error.message });
			}
		};
		for (const one of all.filter(({ file }) => file === null)) // in their order: those above first
			await attempt(one, path => this.#makeFolder(path));
		const files = all.filter(({ file }) => file !== null).values();
		await Promise.all(Array.from({ length: AT_ONCE }, async () => {
			for (const one of files)
				await attempt(one, (path, { file }) => this.#copy(path, file));
		}));
		return { paths: [...paths], failed };
	}

	async #makeFolder(path) {
		await this.#fs.mkdir(path).catch(async error => {
			if (error.name !== "EXIST" || !(await this.#fs.stat(path)).isDirectory())
				throw error;
		});
		return path;
	}

	async #copy(path, get) {
		const file = await get();
		const to = await this.#place(path);
		if (to === null)
			return this.#done(null);
		const { handle, path: written, replaces } = to;
		try {
			await this.#write(handle, file);
			await handle.close();
			if (replaces !== null)
				await this.#fs.rename(written, replaces);
		} catch (error) {
			await handle.close().catch(() => {});
			await this.#fs.unlink(written).catch(() => {});
			throw error;
		}
		return this.#done(replaces ?? written);
	}

	/* Opens what is written to: a new file, or one beside that will replace the other. Null: it is left out. */
	async #place(path) {
		const made = await this.#made(path);
		if (made)
			return made;
		const decision = await this.#decide(path);
		if (decision === "skip")
			return null;
		if (decision === "replace") {
			const swap = childOf(parentOf(path), swapName());
			return { handle: await this.#fs.open(swap, "wx"), path: swap, replaces: path };
		}
		for (let number = 2; ; number++) {
			const other = await this.#made(childOf(parentOf(path), numbered(nameOf(path), number)));
			if (other)
				return other;
		}
	}

	/* Null: the name is taken. */
	async #made(path) {
		try {
			return { handle: await this.#fs.open(path, "wx"), path, replaces: null };
		} catch (error) {
			if (error.name !== "EXIST" && error.name !== "ISDIR")
				throw error;
			return null;
		}
	}

	/* One question at a time. */
	#decide(path) {
		const asked = this.#asking.then(async () => {
			this.#signal.throwIfAborted();
			if (this.#decision !== null)
				return this.#decision;
			const { value, ticked } = await this.#ask(path);
			if (value === null)
				throw new DOMException("copying was cancelled", "AbortError");
			if (ticked)
				this.#decision = value;
			return value;
		});
		this.#asking = asked.catch(() => {});
		return asked;
	}

	async #write(handle, file) {
		const underWay = [];
		for (let at = 0; at < file.size; at += PIECE) {
			this.#signal.throwIfAborted();
			const piece = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
			const written = handle.write(piece, { position: at });
			written.catch(() => {}); // thrown when its turn comes
			underWay.push(written);
			if (underWay.length >= UNDER_WAY)
				await underWay.shift();
			this.bytes += piece.length;
			this.#progress(this);
		}
		await Promise.all(underWay);
	}

	#done(path) {
		this.files++;
		this.#progress(this);
		return path;
	}
}

/** "notes.txt" is "notes (2).txt". @param {string} name @param {number} number */
export function numbered(name, number) {
	const dot = name.lastIndexOf(".");
	return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
}
