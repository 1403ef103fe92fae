//# allFunctionsCalledOnLoad
/* Contents of files that the server promised to tell us about (docs/PROTOCOL.md, Leases): what was read of an open file serves as long as
 * nobody changes it, and a file that is known whole is opened again without asking: the server keeps a descriptor of it, to which the handle
 * that we picked is bound quietly. Leaves to others: which name leads to which file, and whether what is known is fresh (leases.js); serving
 * reads (readahead.js); which files the program will open next (siblings.js, or whoever calls want()).
 *
 * For those who know what is opened next: want(descriptor, path, names), beside something that the program waits for. */
import { decodeLeasedFile, decodeLeasedFiles } from "../base/codec.js";
import { RIGHT, identityOf } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const CONTENT_BYTES = 600; // what one costs beside its bytes, about
const COUNT_MAX = 768; // the server keeps so many and some more
const COUNT_AHEAD = 512; // of those, sent and not asked for yet, before more names are sent
const WHOLE_MAX = 4 << 20; // of a file that is put together from what the program read
const IS_KEPT = 1;
const LARGEST = 256 << 10; // of a file that is sent before it is asked for
/** Of what is sent ahead, at once. */
export const AHEAD_MAX = 1 << 20;
const BREAKS_MAX = 3; // of one file without a read that it answered between: then it isn't leased any more

/** One file under a lease. */
class Content {
	constructor(id, filestat) {
		this.id = id;
		this.identity = identityOf(filestat);
		this.stat = filestat.slice(); // 64 bytes
		this.live = true; // false: it was changed, or may have been
		this.bytes = null; // all of them, as far as they are known
		this.opens = null; // { fdstat, traits, root } of who opens it to read: the server keeps a descriptor
		this.parts = []; // what was read of it, from its beginning
		this.end = 0;
		this.users = 0; // descriptors
		this.size = CONTENT_BYTES; // what it counts for
		this.ahead = false; // sent before it was asked for, and not asked for since
		this.from = null; // { sent, used } of who wanted that
		this.served = false; // it answered something
	}
}

export class Contents {
	#program;
	#leases;
	#byId = new Map(); // the oldest first
	#byIdentity = new Map(); // live ones
	#partings = []; // ids that the server needn't keep any more
	#breaks = new Map(); // identity -> how often in vain
	#ahead = 0; // that were sent ahead and not opened since, and names that are on their way
	/** Bytes that are held. */
	bytes = 0;
	/** Bytes that were sent ahead, and those of them that were opened. */
	sent = 0;
	used = 0;
	/** Bytes that the program asked for itself. */
	asked = 0;

	/** leases: what tells whether something is fresh, and counts our bytes with its own. */
	constructor(program, leases) {
		this.#program = program;
		this.#leases = leases;
	}

	/** Is what is known of it as it is now? */
	isFresh(content) {
		return content.live && this.#leases.isFresh;
	}

	/* ---- learning ---- */

	/** Beside an open file's first reads, before them: the descriptor's content is leased from there on. descriptor: () => it. */
	lease(handle, descriptorOf, flags = 0) {
		const { pipeline } = this.#program;
		this.#leases.asks();
		pipeline.call(NUMBERS.lease_file, flags, (errno, bytes) => {
			this.#leases.answered();
			const descriptor = descriptorOf();
			if (errno !== 0 || descriptor === null) {
				if (errno === 0)
					this.#partings.push(decodeLeasedFile(bytes).lease);
				else if (descriptor !== null)
					descriptor.unleasable = true;
				return;
			}
			const told = decodeLeasedFile(bytes);
			const content = this.#learn(told.lease, told.stamp, told.filestat);
			if ((told.flags & IS_KEPT) !== 0)
				content.opens = { fdstat: descriptor.fdstat.slice(), traits: descriptor.traits, root: descriptor.root };
			this.adopt(descriptor, content);
			this.#giveWay();
		});
		pipeline.writer.u32(handle);
	}

	/** Is it worth a try for this open file? */
	mayLease(descriptor) {
		return !descriptor.unleasable && descriptor.content?.live !== true && !descriptor.narrowed && descriptor.may(RIGHT.FD_READ)
			&& !((this.#breaks.get(descriptor.identity) ?? 0) >= BREAKS_MAX);
	}

	#learn(id, stamp, filestat) {
		const content = new Content(id, filestat);
		const old = this.#byIdentity.get(content.identity);
		this.#byId.set(id, content);
		this.#byIdentity.set(content.identity, content);
		this.bytes += content.size;
		if (this.#leases.isBroken(id, stamp))
			this.#end(content);
		else if (old !== undefined && old.users === 0)
			this.#forget(old);
		return content;
	}

	/** The descriptor's content is this one. */
	adopt(descriptor, content) {
		this.release(descriptor);
		descriptor.content = content;
		content.users++;
	}

	/** `bytes` of a leased file were read from `start` on, `ended`: to its end. */
	read(content, start, bytes, ended) {
		this.asked += bytes.length;
		if (!content.live || content.bytes !== null || start !== content.end || content.end + bytes.length > WHOLE_MAX)
			return;
		content.parts.push(bytes.slice());
		content.end += bytes.length;
		this.#account(content, bytes.length);
		if (ended) {
			content.bytes = content.parts.length === 1 ? content.parts[0] : joined(content.parts, content.end);
			content.parts = [];
		}
		this.#giveWay();
	}

	/* ---- what is known ---- */

	/** The file of this identity, if it is known whole and can be opened to read in this root; or null. */
	whole(identity, root) {
		const content = this.#byIdentity.get(identity);
		return content !== undefined && content.bytes !== null && content.opens !== null && content.opens.root === root ? content : null;
	}

	/** The attributes of the file of this identity, if its content is leased: 64 bytes, or null. */
	stat(identity) {
		return this.#byIdentity.get(identity)?.stat ?? null;
	}

	has(identity) {
		const content = this.#byIdentity.get(identity);
		return content !== undefined && content.bytes !== null;
	}

	/** The program opens it: it is younger than all others, and was worth sending. */
	use(content) {
		content.served = true;
		if (content.ahead) {
			content.ahead = false;
			this.#ahead--;
			this.used += content.bytes.length;
			if (content.from !== null)
				content.from.used += content.bytes.length;
		}
		if (this.#byId.delete(content.id))
			this.#byId.set(content.id, content);
	}

	/* ---- sent ahead ---- */

	/** How many more files it makes sense to ask for by name: those beyond would only push each other out. */
	get placesAhead() {
		return COUNT_AHEAD - this.#ahead;
	}

	/**
	 * Asks for small files before the program does, in the batch that it waits for: those of the folder at `path` (bytes; "." itself) of the open
	 * descriptor with these names (bytes), or, without names, all of them in a listing's order; `most` bytes. The folder has to be leased, or
	 * its lease asked for before in the same batch; names that lead elsewhere by then are simply not given. Gives how many calls that takes.
	 * from: { sent, used }, counted by.
	 */
	want(descriptor, path, names, { most = AHEAD_MAX, largest = LARGEST, from = null } = {}) {
		const { pipeline, bounds, roomToTell } = this.#program;
		if (!roomToTell || descriptor.narrowed)
			return 0;
		const root = descriptor.root;
		this.part(); // first, so that the server has places for them
		this.#leases.asks();
		this.#ahead += names.length;
		pipeline.call(NUMBERS.lease_files, 0, (errno, bytes) => {
			this.#leases.answered();
			this.#ahead -= names.length;
			if (errno !== 0)
				return;
			const told = decodeLeasedFiles(bytes);
			for (const { errno: failed, lease, traits, fdstat, filestat, bytes: read } of told.files) {
				if (failed !== 0)
					continue;
				const content = this.#learn(lease, told.stamp, filestat);
				content.opens = { fdstat: fdstat.slice(), traits, root };
				content.bytes = read.slice();
				content.ahead = content.live;
				if (content.live)
					this.#ahead++;
				content.from = from;
				this.sent += read.length;
				if (from !== null)
					from.sent += read.length;
				this.#account(content, read.length);
			}
			this.#giveWay();
		});
		const { writer } = pipeline;
		writer.u32(descriptor.handle);
		writer.string(path);
		writer.u32(largest);
		writer.u32(names.reduce((sum, name) => sum + 2 + name.length, 0));
		for (const name of names) {
			writer.u16(name.length);
			writer.raw(name);
		}
		writer.u32(Math.min(most, bounds.data));
		return 1;
	}

	/* ---- ends ---- */

	/** A lease was broken; false: it is none of ours. 0: every one. */
	broken(id) {
		if (id === 0) {
			for (const content of [...this.#byIdentity.values()])
				this.#end(content);
			return true;
		}
		const content = this.#byId.get(id);
		if (content !== undefined)
			this.#end(content);
		return content !== undefined;
	}

	/** The program changes the file of this identity; null: of any. */
	changed(identity) {
		if (identity === null)
			this.broken(0);
		else if (this.#byIdentity.has(identity))
			this.#forget(this.#byIdentity.get(identity)); // others have nothing to do with it
	}

	/** The descriptor is closed, or has another content. */
	release(descriptor) {
		const { content } = descriptor;
		descriptor.content = null;
		if (content === null || --content.users > 0)
			return;
		if (content.bytes === null || content.opens === null || this.#byIdentity.get(content.identity) !== content)
			this.#forget(content);
	}

	/* It isn't as it was. The server keeps the descriptor until it is told. */
	#end(content) {
		if (!content.live)
			return;
		const { identity } = content;
		if (this.#breaks.size >= COUNT_MAX)
			this.#breaks.clear();
		if (content.served)
			this.#breaks.delete(identity);
		else
			this.#breaks.set(identity, (this.#breaks.get(identity) ?? 0) + 1);
		this.#forget(content);
	}

	#forget(content) {
		if (!this.#byId.delete(content.id))
			return;
		if (content.ahead)
			this.#ahead--;
		content.ahead = content.live = false;
		content.bytes = null;
		content.parts = [];
		this.bytes -= content.size;
		this.#partings.push(content.id);
		if (this.#byIdentity.get(content.identity) === content)
			this.#byIdentity.delete(content.identity);
	}

	#account(content, bytes) {
		if (!content.live) {
			content.bytes = null;
			return;
		}
		content.size += bytes;
		this.bytes += bytes;
	}

	/* What goes when too much is known: the oldest that was of use already; of what is still to be asked for the youngest, which comes last. */
	get #leastWorth() {
		let youngest;
		for (const content of this.#byId.values()) {
			if (!content.ahead)
				return content;
			youngest = content;
		}
		return youngest;
	}

	#giveWay() {
		while (this.#byId.size > COUNT_MAX || this.#byId.size > 0 && this.#leases.isOverfull)
			this.#forget(this.#leastWorth);
	}

	/** Gives way to something else: false if there is nothing more. */
	giveOne() {
		if (this.#byId.size === 0)
			return false;
		this.#forget(this.#leastWorth);
		return true;
	}

	/** Something else that the server keeps isn't needed any more. */
	parts(id) {
		this.#partings.push(id);
	}

	/** Before a batch leaves that is waited for, or more is asked for: tells the server what isn't needed any more. */
	part() {
		while (this.#partings.length > 0 && this.#program.roomToTell)
			this.#program.tell(NUMBERS.lease_drop).u32(this.#partings.pop());
	}

	/** Binds a handle to the descriptor that the server keeps: what the program opens from what is known. */
	bind(content, folder, name, handle) {
		const w = this.#program.tell(NUMBERS.lease_open);
		w.u32(folder.handle);
		w.string(name);
		w.u32(content.id);
		w.u32(handle);
	}
}

function joined(parts, length) {
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}
