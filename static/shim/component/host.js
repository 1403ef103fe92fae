//# allFunctionsCalledOnLoad
/* What WASI 0.2's functions work with: calls of preview1 on a memory of the host's own, handles, and the component's memory. A function begins as an import
 * of preview1 does: it returns its result (0 where it has none), or MISS after a call that has to wait; what it throws traps the component. */
import { ERRNO } from "../base/errors.js";
import { GuestMemory } from "../base/memory.js";
import { MISS } from "../base/trampoline.js";

const HANDLES = 1 << 20;
const ROOM_AT = 1024; // below it are results of fixed places
const PAGE = 65536;
const ALIGN = 7;
/** Where calls of preview1 put their results in the host's memory. */
export const RESULT = Object.freeze({ COUNT: 0, IOVEC: 8, U64: 16, FDSTAT: 64, FILESTAT: 128, SECOND: 256 });

const trap = message => new WebAssembly.RuntimeError(message);

export class Host {
	/** preview1's functions, each as a call of JavaScript: errno or MISS */
	calls;
	#program;
	#wide;
	#room = ROOM_AT;
	#handles = []; // handle - 1 -> resource, or undefined
	#free = [];
	#wasmMemory;
	#makeSockets;
	#sockets = null;
	/** streams that keep what a socket didn't take: it leaves while the component waits */
	unsent;
	/** (pollables, then) waits in poll()'s place where others go on meanwhile (service.js): MISS. Or null */
	park = null;
	/** the program's, which is the host's own: memory.bytes, memory.view */
	memory;
	/** The inode that the function before this one heard of, by a stat or a listing: { of: its path, ino }. In what preview1's adapter does metadata-hash-at
	 * follows both, and needs no call of its own then. */
	before = null;
	#noted = null;
	/** what goes on in a component of WASI 0.3 (async-tasks.js) */
	tasks = null;

	/** makeSockets: makeSocketImports of the program; wide: the trampoline's global for results of 64 bits; beside: a host whose memory it shares: only one of
	 * them works at a time. */
	constructor(program, calls, makeSockets, wide, beside = null) {
		this.#program = program;
		this.#makeSockets = makeSockets;
		this.calls = calls;
		this.#wide = wide;
		this.memory = program.memory;
		this.#wasmMemory = beside?.wasmMemory ?? new WebAssembly.Memory({ initial: 2 });
		this.unsent = beside?.unsent ?? new Set();
	}

	/** Is bound as the program's memory. */
	get wasmMemory() {
		return this.#wasmMemory;
	}

	/** WasmEdge's functions by their keys in SOCKETS, as `calls`: made when first used. */
	get sockets() {
		this.#sockets ??= this.#makeSockets();
		return this.#sockets;
	}

	get fds() {
		return this.#program.fds;
	}

	get bounds() {
		return this.#program.bounds;
	}

	get within() {
		return this.#program.within;
	}

	/** Throws if the program has ended meanwhile. */
	checkEnd() {
		const { pipeline, exited, leaves } = this.#program;
		if (pipeline.lost || exited || leaves !== null)
			throw pipeline.lost ?? new Error("the program has ended");
	}

	/** At the begin of each function. within: its place in FUNCTIONS, from 1 on; 0: the host's own doing */
	begin(within = 0) {
		this.#program.within = within;
		this.#room = ROOM_AT;
		this.before = this.#noted;
		this.#noted = null;
		this.memory.refresh();
	}

	note(what) {
		this.#noted = what;
	}

	/** What `done` gives for the call's errno, when it is there. */
	after(result, done) {
		if (result !== MISS)
			return done(result);
		const { pipeline } = this.#program;
		const { finish } = pipeline;
		pipeline.finish = () => this.after(finish(), done);
		return MISS;
	}

	/** The result, or what `fail` gives for an error that is thrown now or after a wait. */
	guarded(begin, fail) {
		try {
			const result = begin();
			const { pipeline } = this.#program;
			if (result === MISS) {
				const { finish } = pipeline;
				pipeline.finish = () => this.guarded(finish, fail);
			}
			return result;
		} catch (error) {
			return fail(error);
		}
	}

	/** A result of 64 bits. */
	wide(value) {
		this.#wide.value = value;
		return 0;
	}

	/** So many bytes of the host's memory, for this function. */
	room(length) {
		const at = this.#room;
		this.#room = at + length + ALIGN & ~ALIGN;
		const lacking = this.#room - this.memory.bytes.length;
		if (lacking > 0) {
			this.#wasmMemory.grow(Math.ceil(lacking / PAGE));
			this.memory.refresh();
		}
		return at;
	}

	/** A list with one buffer for fd_read and fd_write: the pointer to it. */
	iovec(pointer, length) {
		this.memory.setU32(RESULT.IOVEC, pointer);
		this.memory.setU32(RESULT.IOVEC + 4, length);
		return RESULT.IOVEC;
	}

	/** Copies a path of the component: { pointer, length }. One that is too long for any file system isn't copied whole. */
	path(guest, pointer, length) {
		length = Math.min(length >>> 0, this.bounds.path + 1);
		const to = this.room(length);
		this.memory.write(to, guest.bytes(pointer, length));
		return { pointer: to, length };
	}

	/* ---- handles ---- */

	/** All that there are. */
	resources() {
		return this.#handles.filter(resource => resource !== undefined);
	}

	add(resource) {
		if (this.#handles.length >= HANDLES && this.#free.length === 0)
			throw trap("the component has too many handles");
		const at = this.#free.pop() ?? this.#handles.length;
		this.#handles[at] = resource;
		return at + 1;
	}

	/** The resource of a handle; kind: its class. */
	get(handle, kind) {
		const resource = this.#handles[(handle >>> 0) - 1];
		if (!(resource instanceof kind))
			throw trap(`handle ${handle >>> 0} is no ${kind.name}`);
		return resource;
	}

	/** Takes an owned handle away, whose resource lives on; kind: its class, if it matters. */
	take(handle, kind = Object) {
		const resource = this.get(handle, kind);
		this.#handles[(handle >>> 0) - 1] = undefined;
		this.#free.push((handle >>> 0) - 1);
		return resource;
	}

	/** Takes the handle away; gives what its resource's drop() does. */
	drop(handle) {
		const resource = this.#handles[(handle >>> 0) - 1];
		if (resource === undefined)
			throw trap(`there is no handle ${handle >>> 0}`);
		this.#handles[(handle >>> 0) - 1] = undefined;
		this.#free.push((handle >>> 0) - 1);
		return resource.drop?.(this) ?? 0;
	}
}

/** A component's memory, and the function that makes room in it. */
export class Guest {
	#memory = new GuestMemory();
	#realloc = null;
	#locate;

	/** locate: gives { memory, realloc } once their instances are there; realloc may be null. */
	constructor(locate) {
		this.#locate = locate;
	}

	/** The memory as it is now: for one store, since it may grow. */
	get view() {
		this.#refresh();
		return this.#memory.view;
	}

	#refresh() {
		if (this.#locate !== null) {
			const { memory, realloc } = this.#locate();
			this.#memory.bind(memory);
			this.#realloc = realloc;
			this.#locate = null;
		}
		this.#memory.refresh();
	}

	#check(pointer, length) {
		this.#refresh();
		if (!this.#memory.holds(pointer, length))
			throw trap("a pointer lies outside of the component's memory");
	}

	bytes(pointer, length) {
		length >>>= 0;
		this.#check(pointer, length);
		return this.#memory.bytes.subarray(pointer >>> 0, (pointer >>> 0) + length);
	}

	/** Where a result of `length` bytes goes. */
	place(pointer, length, align) {
		this.#check(pointer, length);
		if ((pointer & align - 1) !== 0)
			throw trap("a pointer isn't aligned");
		return pointer >>> 0;
	}

	/** New bytes in the component. */
	allocate(length, align) {
		this.#refresh();
		if (this.#realloc === null)
			throw trap("the component gives no realloc");
		const pointer = this.#realloc(0, 0, align, length) >>> 0;
		return this.place(pointer, length, align);
	}

	/** Stores a list of bytes or a string: pointer and length at `at`. */
	setList(at, bytes) {
		const pointer = this.allocate(bytes.length, 1);
		this.#memory.refresh();
		this.#memory.bytes.set(bytes, pointer);
		this.#memory.setU32(at, pointer);
		this.#memory.setU32(at + 4, bytes.length);
	}
}

/* ---- errors ---- */

/* error-code of wasi:filesystem, in its order, by preview1's names. */
const CODES = ["ACCES", "AGAIN", "ALREADY", "BADF", "BUSY", "DEADLK", "DQUOT", "EXIST", "FBIG", "ILSEQ", "INPROGRESS", "INTR", "INVAL", "IO", "ISDIR", "LOOP",
	"MLINK", "MSGSIZE", "NAMETOOLONG", "NODEV", "NOENT", "NOLCK", "NOMEM", "NOSPC", "NOTDIR", "NOTEMPTY", "NOTRECOVERABLE", "NOTSUP", "NOTTY", "NXIO",
	"OVERFLOW", "PERM", "PIPE", "ROFS", "SPIPE", "TXTBSY", "XDEV"];
/* What 0.2 has no code for. */
const NEAREST = { NOTCAPABLE: "PERM", NOSYS: "NOTSUP", MFILE: "NOMEM", NFILE: "NOMEM", NOBUFS: "NOMEM" };

const codes = new Map(CODES.map((name, code) => [ERRNO[name], code]));
for (const [name, nearest] of Object.entries(NEAREST))
	codes.set(ERRNO[name], CODES.indexOf(nearest));

/** The error-code of an errno. */
export const errorCode = errno => codes.get(errno) ?? CODES.indexOf("IO");
