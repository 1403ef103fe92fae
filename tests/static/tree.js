/* For tests of what the page does with leases: a guest over a made-up tree, with the gateway's answers about it. Folders are objects, files their
 * sizes; contents can't be leased. */
import { Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { fdstat, makeGuest, welcome } from "./guest.js";

const REGULAR = 4, DIRECTORY = 3;
export const bytesOf = text => new TextEncoder().encode(text);
export const textOf = bytes => new TextDecoder("latin1").decode(bytes);

class Tree {
	#tree;
	#inodes = new Map();

	constructor(tree) {
		this.#tree = tree;
		this.filestat(".");
	}

	find(path) {
		return path === "." ? this.#tree : path.split("/").reduce((folder, name) => (typeof folder === "object" ? folder[name] : undefined), this.#tree);
	}

	filestat(path) {
		const bytes = new Uint8Array(64), view = new DataView(bytes.buffer), found = this.find(path);
		const what = typeof found === "object" ? found : path;
		if (!this.#inodes.has(what))
			this.#inodes.set(what, 2 + this.#inodes.size);
		view.setBigUint64(0, 1n, true);
		view.setBigUint64(8, BigInt(this.#inodes.get(what)), true);
		bytes[16] = typeof found === "object" ? DIRECTORY : REGULAR;
		view.setBigUint64(24, 1n, true);
		view.setBigUint64(32, BigInt(typeof found === "object" ? 0 : found), true);
		return bytes;
	}

	/** What lease_folder gives. */
	leaseOf(path, number) {
		const w = new Writer(), names = Object.keys(this.find(path));
		w.u32(number);
		w.u32(0);
		w.raw(this.filestat(path));
		w.u64(2);
		w.u32(names.length);
		w.u32(0);
		for (const name of names) {
			const stat = this.filestat(path === "." ? name : `${path}/${name}`);
			w.raw(stat.subarray(8, 16));
			w.u8(stat[16]);
			w.u8(stat[16] === DIRECTORY ? 1 : 2);
			w.u16(name.length);
			w.raw(stat[16] === DIRECTORY ? stat.subarray(0, 16) : stat);
			w.raw(bytesOf(name));
		}
		return w.bytes.slice(0, w.at);
	}
}

/** guest.js's, its handle 3 over the tree; options: makeGuest's. */
export function makeTreeGuest(made, options = {}) {
	const tree = new Tree(made), opened = new Map([[3, "."]]);
	let leases = 0;
	return makeGuest({ coherence: "default", leases: true, preopens: [{ ...welcome.preopens[0], filestat: tree.filestat(".") }], serve({ name, args }) {
		const path = args.filter(arg => arg instanceof Uint8Array).map(textOf)[0];
		const found = path === undefined ? undefined : tree.find(path);
		switch (name) {
		case "lease_folder": return typeof found === "object" ? { bytes: tree.leaseOf(path, ++leases) } : ERRNO.NOTDIR;
		case "path_filestat_get": return found === undefined ? ERRNO.NOENT : { bytes: tree.filestat(path) };
		case "path_open":
			opened.set(args[7], path);
			return found === undefined ? ERRNO.NOENT
				: { bytes: Uint8Array.from([...fdstat(typeof found === "object" ? DIRECTORY : REGULAR, 0x1fffffff), 0, 0, 0, 0, 0, 0, 0, 0]) };
		case "fd_filestat_get": return { bytes: tree.filestat(opened.get(args[0])) };
		case "fd_pread": case "fd_readdir": return { bytes: new Uint8Array(0) };
		}
		return name.startsWith("lease_") ? ERRNO.NOTSUP : 0;
	}, ...options });
}
