//# allFunctionsCalledOnLoad
/* The last calls of a program that failed, for whoever asks afterwards why it did: of those with a path, of writes, and of sockets' addresses. A call that
 * succeeds costs one comparison. Leaves to others: what follows from them. */
import { addressAt } from "../base/addresses.js";
import { shownText } from "../base/codec.js";
import { endpointText } from "../base/endpoint.js";
import { ERRNO, errnoName } from "../base/errors.js";
import { MISS } from "../base/trampoline.js";

const MOST = 32;
const PATH_MAX = 4096;
/* How non-blocking files and sockets say "not yet". */
const NO_FAILURE = new Set([ERRNO.AGAIN, ERRNO.INPROGRESS, ERRNO.INTR]);

/* Where a call's descriptor and path, or address, are among its i32. */
const PATH = { path_create_directory: [0, 1], path_filestat_get: [0, 2], path_filestat_set_times: [0, 2], path_link: [0, 2], path_open: [0, 2],
	path_remove_directory: [0, 1], path_rename: [0, 1], path_symlink: [2, 3], path_unlink_file: [0, 1] };
const FILE = new Set(["fd_allocate", "fd_filestat_set_size", "fd_pwrite", "fd_sync", "fd_write"]);
const ADDRESS = { "sock_bind/3": 1, "sock_connect/3": 1, "sock_send_to/7": 3 };
const LOOKUP = "sock_getaddrinfo/8"; // of a name and a service

export class FailedCalls {
	#program;
	#roots = new Map(); // a preopen's handle -> its name
	#last = []; // { call, errno, time, folder, name } or { call, errno, time, address }

	constructor(program) {
		this.#program = program;
		for (const [, { handle, preopen, name }] of program.fds.entries())
			if (preopen !== null)
				this.#roots.set(handle, name);
	}

	/** The call `begin`, named as in the tables of signatures; its failures are noted. */
	noting(key, begin) {
		if (!Object.hasOwn(PATH, key) && !Object.hasOwn(ADDRESS, key) && !FILE.has(key) && key !== LOOKUP)
			return begin;
		return (a, b, c, d, e, f, g, h, i, j, k) => {
			const result = begin(a, b, c, d, e, f, g, h, i, j, k);
			if (result !== 0)
				this.#failed(key, [a, b, c, d, e], result);
			return result;
		};
	}

	#failed(key, raw, result) {
		if (result !== MISS)
			return this.#add(key, raw, result);
		const { pipeline } = this.#program;
		const { finish } = pipeline;
		pipeline.finish = () => {
			const errno = finish();
			if (errno !== 0)
				this.#failed(key, raw, errno);
			return errno;
		};
	}

	#add(key, raw, errno) {
		if (NO_FAILURE.has(errno))
			return;
		this.#last.push({ call: key.split("/")[0], errno, time: Date.now(), ...this.#subject(key, raw) });
		if (this.#last.length > MOST)
			this.#last.shift();
	}

	#subject(key, raw) {
		const { memory, fds } = this.#program;
		if (Object.hasOwn(ADDRESS, key)) {
			const at = ADDRESS[key];
			const endpoint = addressAt(memory, raw[at], raw[at + 1]);
			return { address: typeof endpoint === "number" ? null : endpointText(endpoint) };
		}
		if (key === LOOKUP)
			return { address: [this.#text(raw[0], raw[1]), this.#text(raw[2], raw[3])].map(text => text.replace(/\0+$/, "")).join(":") };
		if (FILE.has(key))
			return { folder: fds.get(raw[0]), name: null };
		const [fd, path] = PATH[key];
		const length = raw[path + 1] >>> 0;
		return { folder: fds.get(raw[fd]), name: memory.holds(raw[path], length) ? memory.read(raw[path], Math.min(length, PATH_MAX)) : null };
	}

	#text(pointer, length) {
		const { memory } = this.#program;
		return memory.holds(pointer, length >>> 0) ? shownText(memory.read(pointer, Math.min(length >>> 0, PATH_MAX))) : "";
	}

	/** The oldest first, as wvwasi.d.ts has them (FailedCall). */
	list() {
		return this.#last.map(({ call, errno, time, folder, name, address = null }) =>
			({ call, path: folder === undefined ? null : this.#path(folder, name), address, errno, name: errnoName(errno), time }));
	}

	/* As the program sees it, from the granted folder on. Null: of a stream. */
	#path(descriptor, name) {
		const root = this.#roots.get(descriptor.root);
		if (root === undefined)
			return null;
		const within = descriptor.preopen !== null ? "." : descriptor.place?.path ?? descriptor.name ?? ".";
		const names = [within, ...(name === null ? [] : [shownText(name)])].filter(part => part !== ".");
		return [root === "/" ? "" : root, ...names].join("/") || "/";
	}
}
