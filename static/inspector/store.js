/* The rows of the trace, up to a million, kept as columns in pieces, so that a row costs bytes and not objects; the oldest piece is dropped
 * when there are too many. Rows have numbers that never change. Leaves to others: which of them are shown (selection.js), sums (sums.js). */

const PIECE = 16384;
const KEPT = 1_000_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const DATA_KEPT = 64 << 20; // bytes of file contents, all pieces together

/** As on the wire (codec.js), but for the last two. */
export const FLAG = Object.freeze({ LOCAL: 1, QUIET: 2, SKIPPED: 4, WAITED: 8, DATA: 16, CUT: 32, HASH: 64, BEFORE: 128, ASKED: 256,
	/* ours: a note among the rows (model.js), and a call that the page made on its own account */
	NOTE: 0x4000, OWN: 0x8000 });
export const NO_HANDLE = 0xFFFFFFFF;

/**
 * @typedef {object} Row
 * @property {number} program its id
 * @property {number} time of the call's beginning, microseconds since 1970
 * @property {number} call its number in the table
 * @property {string} text the arguments, as strace shows them, between the brackets
 * @property {string} result "= 0", "= 12" …, without the error's name
 * @property {number} errno 0: none
 * @property {number} flags of FLAG; to the left of 16 bits the component's function that made it (withinOf)
 * @property {number} batch that carried it; 0: none
 * @property {number} handle slot and generation; NO_HANDLE: none
 * @property {number} [handle2] the other that it names, or makes
 * @property {string} path "": none. Two are divided by a NUL
 * @property {number} bytes moved either way
 * @property {number} took microseconds, all in all
 * @property {number} page @property {number} wire @property {number} queue @property {number} os its parts; NaN: not known
 * @property {number} [waiting] the part in which it waited for input, a peer, a clock or a lock
 * @property {number} [serial] of the call in its program
 * @property {number} [offset] of the handle after the call; NaN: none
 * @property {bigint} [hash] of the bytes moved, where FLAG.HASH says that there is one
 * @property {Uint8Array | null} [data] the bytes moved, where they are shown
 */

/** Rows that lie together. */
class Piece {
	count = 0;
	time = new Float64Array(PIECE);
	took = new Float32Array(PIECE);
	page = new Float32Array(PIECE);
	wire = new Float32Array(PIECE);
	queue = new Float32Array(PIECE);
	os = new Float32Array(PIECE);
	waiting = new Float32Array(PIECE);
	program = new Uint32Array(PIECE);
	call = new Uint16Array(PIECE);
	errno = new Uint16Array(PIECE);
	flags = new Uint32Array(PIECE);
	batch = new Uint32Array(PIECE);
	serial = new Float64Array(PIECE);
	handle = new Uint32Array(PIECE);
	handle2 = new Uint32Array(PIECE);
	offset = new Float64Array(PIECE);
	hash = new BigUint64Array(PIECE);
	data = new Map(); // few rows have any
	bytes = new Float64Array(PIECE);
	path = new Uint16Array(PIECE); // in `paths`
	textEnd = new Uint32Array(PIECE); // in the arena; a row's text begins where the last row's result ended
	resultEnd = new Uint32Array(PIECE);
	paths = [""];
	#pathIds = new Map([["", 0]]);
	#arena = new Uint8Array(PIECE * 48);
	#used = 0;

	add(row) {
		const at = this.count++;
		this.time[at] = row.time;
		this.took[at] = row.took;
		this.page[at] = row.page;
		this.wire[at] = row.wire;
		this.queue[at] = row.queue;
		this.os[at] = row.os;
		this.waiting[at] = row.waiting ?? 0;
		this.program[at] = row.program;
		this.call[at] = row.call;
		this.errno[at] = row.errno;
		this.flags[at] = row.flags;
		this.batch[at] = row.batch;
		this.serial[at] = row.serial ?? 0;
		this.handle[at] = row.handle;
		this.handle2[at] = row.handle2 ?? NO_HANDLE;
		this.offset[at] = row.offset ?? NaN;
		this.hash[at] = row.hash ?? 0n;
		if (row.data?.length)
			this.data.set(at, row.data.slice()); // a view into a message else
		this.bytes[at] = row.bytes;
		this.path[at] = this.#pathId(row.path);
		this.textEnd[at] = this.#put(row.text);
		this.resultEnd[at] = this.#put(row.result);
	}

	#pathId(path) {
		let id = this.#pathIds.get(path);
		if (id === undefined) {
			id = this.paths.push(path) - 1;
			this.#pathIds.set(path, id);
		}
		return id;
	}

	#put(text) {
		if (this.#used + 3 * text.length > this.#arena.length) {
			const larger = new Uint8Array(2 * this.#arena.length + 3 * text.length);
			larger.set(this.#arena.subarray(0, this.#used));
			this.#arena = larger;
		}
		this.#used += encoder.encodeInto(text, this.#arena.subarray(this.#used)).written;
		return this.#used;
	}

	#text(from, to) {
		return decoder.decode(this.#arena.subarray(from, to));
	}

	text(at) {
		return this.#text(at === 0 ? 0 : this.resultEnd[at - 1], this.textEnd[at]);
	}

	result(at) {
		return this.#text(this.textEnd[at], this.resultEnd[at]);
	}

	/** Called when the piece is full: frees what only adding needs, and trims the arena. */
	seal() {
		this.#pathIds = null;
		this.#arena = this.#arena.slice(0, this.#used);
	}
}

export class Store {
	#pieces = [];
	#gone = 0; // pieces
	#kept;
	#dataBytes = 0;

	/** @param {{ kept?: number }} options how many rows are kept at least */
	constructor({ kept = KEPT } = {}) {
		this.#kept = kept;
	}

	/** The number of the oldest kept row. */
	get first() {
		return this.#gone * PIECE;
	}

	/** The number that the next row gets. */
	get end() {
		const last = this.#pieces.at(-1);
		return last ? (this.#gone + this.#pieces.length - 1) * PIECE + last.count : this.#gone * PIECE;
	}

	/** @param {Row} row @returns {number} its number */
	add(row) {
		let last = this.#pieces.at(-1);
		if (last === undefined || last.count === PIECE) {
			last?.seal();
			last = new Piece();
			this.#pieces.push(last);
			if ((this.#pieces.length - 2) * PIECE >= this.#kept) {
				this.#forgetData(this.#pieces.shift());
				this.#gone++;
			}
		}
		last.add(row);
		this.#dataBytes += row.data?.length ?? 0;
		for (let i = 0; this.#dataBytes > DATA_KEPT && i < this.#pieces.length; i++)
			this.#forgetData(this.#pieces[i]);
		return this.end - 1;
	}

	#forgetData(piece) {
		for (const data of piece.data.values())
			this.#dataBytes -= data.length;
		piece.data.clear();
	}

	/** The piece of a row, which must be there, and the row's index in it. */
	place(number) {
		return { piece: this.#pieces[Math.floor(number / PIECE) - this.#gone], at: number % PIECE };
	}

	/** @param {number} number @returns {(Row & { number: number }) | null} null: dropped, or not yet added */
	row(number) {
		if (number < this.first || number >= this.end)
			return null;
		const { piece, at } = this.place(number);
		return {
			number, program: piece.program[at], time: piece.time[at], call: piece.call[at], text: piece.text(at), result: piece.result(at),
			errno: piece.errno[at], flags: piece.flags[at], batch: piece.batch[at], serial: piece.serial[at], handle: piece.handle[at],
			handle2: piece.handle2[at], offset: piece.offset[at], hash: piece.hash[at], data: piece.data.get(at) ?? null,
			path: piece.paths[piece.path[at]], bytes: piece.bytes[at], took: piece.took[at],
			page: piece.page[at], wire: piece.wire[at], queue: piece.queue[at], os: piece.os[at], waiting: piece.waiting[at],
		};
	}

	/** Changes a row by what the page reported later about its call: times in microseconds. */
	setTimes(number, { took, page, wire }) {
		if (number < this.first || number >= this.end)
			return;
		const { piece, at } = this.place(number);
		piece.took[at] = took;
		piece.page[at] = page;
		piece.wire[at] = wire;
	}

	/** Sets flags of a row. */
	setFlags(number, flags) {
		if (number < this.first || number >= this.end)
			return;
		const { piece, at } = this.place(number);
		piece.flags[at] |= flags;
	}

	/** Forgets all rows; numbers go on. */
	clear() {
		this.#dataBytes = 0;
		const end = Math.ceil(this.end / PIECE);
		this.#pieces = [];
		this.#gone = end;
	}
}
