//# allFunctionsCalledOnLoad
/* The last calls of a program that failed, for whoever asks afterwards why it did: of those with a path, of writes, and of sockets' addresses. Leaves to
 * others: the last calls of all kinds (last-calls.js), what follows from them. */
import { addressAt } from "../base/addresses.js";
import { shownText } from "../base/codec.js";
import { endpointText } from "../base/endpoint.js";
import { ERRNO, errnoName } from "../base/errors.js";
import { MISS } from "../base/trampoline.js";
import { LastCalls } from "./last-calls.js";

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

const isTold = key => Object.hasOwn(PATH, key) || Object.hasOwn(ADDRESS, key) || FILE.has(key) || key === LOOKUP;

export class FailedCalls {
	#program;
	#roots = new Map(); // a preopen's handle -> its name
	#failed = []; // { call, errno, time, serial, folder, name } or { call, errno, time, serial, address }
	#last;
	#began = Date.now();

	constructor(program) {
		this.#program = program;
		this.#last = new LastCalls(program);
		for (const [, { handle, preopen, name }] of program.fds.entries())
			if (preopen !== null)
				this.#roots.set(handle, name);
	}

	/** The call `begin`, named as in the tables of signatures, is kept among the last ones, and its failures are noted; but for one that plainOf() knows. */
	noting(key, begin) {
		const last = this.#last, shape = LastCalls.shapeOf(key);
		if (shape === undefined || shape.isPlain)
			return begin;
		const { value } = shape;
		return (a, b, c, d, e, f, g, h, i, j, k) => {
			const serial = last.begin(shape, a, b, c, d, e, f, g, h, i, j);
			const result = begin(a, b, c, d, e, f, g, h, i, j, k);
			const pointer = value === 3 ? d : value === 5 ? f : value === 10 ? k : value === 2 ? c : value === 4 ? e : value === 6 ? g : value === 7 ? h : b;
			if (result === 0)
				last.end(serial, shape, pointer);
			else
				this.#ended(key, [a, b, c, d, e], result, { serial, pointer, waited: false });
			return result;
		};
	}

	/** { last, shape } for a call whose one number is its descriptor, and that may be answered here in less than 100 ns: who makes it does all of it, since
	 * another function around it would be felt. shape: null for others. */
	plainOf(key) {
		const shape = LastCalls.shapeOf(key);
		return { last: this.#last, shape: shape?.isPlain ? shape : null };
	}

	/** One of these wasn't done at once. */
	plainEnded(key, fd, result, serial, pointer) {
		this.#ended(key, [fd], result, { serial, pointer, waited: false });
	}

	/* A call that wasn't done at once: its result comes, or is an error. */
	#ended(key, raw, result, kept) {
		if (result !== MISS) {
			this.#last.endLate(kept.serial, result, kept);
			return result === 0 ? undefined : this.#add(key, raw, result, kept.serial);
		}
		if (!kept.waited)
			this.#last.waits(kept.serial);
		const { pipeline } = this.#program;
		const { finish } = pipeline;
		pipeline.finish = () => {
			const errno = finish();
			this.#ended(key, raw, errno, { ...kept, waited: true });
			return errno;
		};
		return undefined;
	}

	#add(key, raw, errno, serial) {
		if (NO_FAILURE.has(errno) || !isTold(key))
			return;
		this.#failed.push({ call: key.split("/")[0], errno, time: Date.now(), serial, ...this.#subject(key, raw) });
		if (this.#failed.length > MOST)
			this.#failed.shift();
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
		return this.#failed.map(({ call, errno, time, folder, name, address = null }) =>
			({ call, path: folder === undefined ? null : this.#path(folder, name), address, errno, name: errnoName(errno), time }));
	}

	/** The last calls of all kinds, behind those that failed before: the oldest first, as wvwasi.d.ts has them (LastCall). */
	last() {
		const addresses = new Map(this.#failed.map(({ serial, address }) => [serial, address]));
		const listed = this.list().filter((_, i) => this.#last.hasLeft(this.#failed[i].serial));
		const before = listed.map(call => ({ ...call, args: null, value: null, waited: true }));
		return [...before, ...this.#last.list({ pathOf: (...of) => this.#path(...of), addresses, started: this.#began })];
	}

	/* As the program sees it, from the granted folder on. Null: of a stream. */
	#path(descriptor, name) {
		const root = this.#roots.get(descriptor?.root);
		if (root === undefined)
			return null;
		const within = descriptor.preopen !== null ? "." : descriptor.place?.path ?? descriptor.name ?? ".";
		const names = [within, ...(name === null ? [] : [shownText(name)])].filter(part => part !== ".");
		return [root === "/" ? "" : root, ...names].join("/") || "/";
	}
}
