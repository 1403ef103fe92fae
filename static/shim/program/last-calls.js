//# allFunctionsCalledOnLoad
/* A program's last calls, for whoever asks afterwards why it ended so: a ring of them, with those that the page answered itself. Each has its numbers, the
 * first bytes of its paths, what it gave, and its error; of contents nothing. Text is made of them when somebody asks. What says nothing of the outside
 * (arguments, clocks, random bytes, where a descriptor stands) isn't kept: such calls take 50 ns, and the ring would be felt. Leaves to others: those that
 * failed (failed-calls.js). */
import { shownText } from "../base/bytes.js";
import { errnoName } from "../base/errors.js";
import { IMPORTS, SOCKETS } from "../base/signatures.js";
import { MISS } from "../base/trampoline.js";

const MOST = 128, MASK = MOST - 1; // a power of two
const NUMBERS = 10; // i32 of a call that are kept
const PATHS = 256; // bytes
const LEFT_OUT = new Set(["args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "clock_res_get", "clock_time_get", "fd_advise", "fd_fdstat_get",
	"fd_prestat_get", "fd_prestat_dir_name", "fd_seek", "fd_tell", "random_get", "sched_yield", "http_request/3"]);

const SHAPES = Object.fromEntries(Object.entries({ ...IMPORTS, ...SOCKETS }).filter(([key]) => !LEFT_OUT.has(key))
	.map(([key, its]) => [key, shapeOf(key, its)]));

function shapeOf(key, { call = key, takes, gives }) {
	const placesOf = (parts, letters) => parts.filter(({ letter }) => letters.includes(letter)).map(({ at }) => at);
	return {
		call, takes, paths: placesOf(takes, "p"), folders: placesOf(takes, "f"), value: placesOf(takes, "h")[0] ?? placesOf(gives, "we")[0] ?? -1,
		isPlain: key.startsWith("fd_") && takes.every(({ letter, at }) => letter === "f" && at === 0 || "oib".includes(letter)),
	};
}

export class LastCalls {
	#memory;
	#fds;
	#count = 0; // calls so far, with those that have left
	#shapes = new Array(MOST).fill(null);
	#descriptors = new Array(MOST).fill(undefined); // of the last that the call names: the path, if there is one, is below it
	#numbers = new Int32Array(MOST * NUMBERS);
	#paths = new Uint8Array(MOST * PATHS);
	#lengths = new Uint16Array(MOST * 2); // of paths
	#errnos = new Int32Array(MOST); // MISS: not known
	#values = new Int32Array(MOST); // what it gave, if it succeeded and gives something
	/* of the call with this serial number, that weren't done at once or failed: when, in ms since 1970; did the program wait for it? */
	#late = new Float64Array(MOST).fill(-1);
	#times = new Float64Array(MOST);
	#waited = new Uint8Array(MOST);

	constructor({ memory, fds }) {
		this.#memory = memory;
		this.#fds = fds;
	}

	/** How the calls of a function are kept; undefined: they aren't. key: as in the tables of signatures. */
	static shapeOf(key) {
		return Object.hasOwn(SHAPES, key) ? SHAPES[key] : undefined;
	}

	/** A call whose one number is a descriptor begins: gives its serial number. */
	beginPlain(shape, fd) {
		const serial = this.#count++, at = serial & MASK;
		this.#shapes[at] = shape;
		this.#numbers[at * NUMBERS] = fd;
		this.#descriptors[at] = this.#fds.get(fd);
		return serial;
	}

	/** Another. */
	begin(shape, a, b, c, d, e, f, g, h, i, j) {
		const serial = this.#count++, at = serial & MASK, numbers = this.#numbers, from = at * NUMBERS;
		numbers[from] = a | 0;
		numbers[from + 1] = b | 0;
		numbers[from + 2] = c | 0;
		numbers[from + 3] = d | 0;
		numbers[from + 4] = e | 0;
		numbers[from + 5] = f | 0;
		numbers[from + 6] = g | 0;
		numbers[from + 7] = h | 0;
		numbers[from + 8] = i | 0;
		numbers[from + 9] = j | 0;
		this.#shapes[at] = shape;
		this.#errnos[at] = MISS;
		const { folders, paths } = shape;
		this.#descriptors[at] = folders.length === 0 ? undefined : this.#fds.get(numbers[from + folders[folders.length - 1]]);
		if (paths.length !== 0)
			this.#keepPaths(at, paths);
		return serial;
	}

	#keepPaths(at, places) {
		let from = at * PATHS;
		const end = from + PATHS, { bytes } = this.#memory;
		for (let i = 0; i < places.length; i++) {
			const pointer = this.#numbers[at * NUMBERS + places[i]] >>> 0, wanted = this.#numbers[at * NUMBERS + places[i] + 1] >>> 0;
			const length = this.#memory.holds(pointer, wanted) ? Math.min(wanted, end - from) : 0;
			this.#paths.set(bytes.subarray(pointer, pointer + length), from);
			this.#lengths[at * 2 + i] = length;
			from += length;
		}
	}

	/** It is done, at once. pointer: where what it gave is, if its shape has a value. */
	end(serial, shape, pointer) {
		this.#errnos[serial & MASK] = 0;
		if (shape.value >= 0)
			this.#values[serial & MASK] = this.#memory.u32(pointer);
	}

	/** The program has to wait for it. */
	waits(serial) {
		this.#errnos[serial & MASK] = MISS;
	}

	/** It failed, or is done now. */
	endLate(serial, errno, { pointer, waited }) {
		const at = serial & MASK;
		if (this.hasLeft(serial))
			return; // it waited while others of the component went on
		if (errno === 0)
			this.end(serial, this.#shapes[at], pointer);
		this.#errnos[at] = errno;
		this.#late[at] = serial;
		this.#times[at] = Date.now();
		this.#waited[at] = waited ? 1 : 0;
	}

	/** Has a call left the ring? */
	hasLeft(serial) {
		return this.#count - serial > MOST;
	}

	/** The oldest first, as wvwasi.d.ts has them (LastCall). pathOf: (descriptor, name) gives the path as the program sees it; addresses: Map of those of
	 * sockets by serial; started: when the program did, in ms since 1970. */
	list({ pathOf, addresses, started }) {
		const calls = [];
		for (let serial = Math.max(0, this.#count - MOST), time = started; serial < this.#count; serial++) {
			const at = serial & MASK, { call, paths, folders, value } = this.#shapes[at], errno = this.#errnos[at];
			const isLate = this.#late[at] === serial, names = this.#names(at, paths.length);
			time = isLate ? this.#times[at] : time; // of one that didn't wait, that of the one before
			calls.push({
				call, args: this.#args(at, names), path: folders.length === 0 ? null : pathOf(this.#descriptors[at], names.at(-1) ?? null),
				address: addresses.get(serial) ?? null, errno: errno === MISS ? null : errno, name: errno > 0 ? errnoName(errno) : "",
				value: errno === 0 && value >= 0 ? this.#values[at] >>> 0 : null,
				waited: isLate && this.#waited[at] === 1, time,
			});
		}
		return calls;
	}

	#names(at, count) {
		let from = at * PATHS;
		return Array.from({ length: count }, (_, i) => this.#paths.slice(from, from += this.#lengths[at * 2 + i]));
	}

	/* In the order of the wire, as text; null: what the pointers of others lead to. */
	#args(at, names) {
		const from = at * NUMBERS, left = [...names];
		return this.#shapes[at].takes.map(({ letter, at: place }) => {
			const low = this.#numbers[from + place];
			switch (letter) {
			case "p":
				return shownText(left.shift());
			case "q":
				return String(BigInt.asIntN(64, BigInt(low >>> 0) | BigInt(this.#numbers[from + place + 1]) << 32n));
			case "k":
				return String(place);
			default:
				return "fwn".includes(letter) ? String(low >>> 0) : null;
			}
		});
	}
}
