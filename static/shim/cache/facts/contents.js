//# allFunctionsCalledOnLoad
/* Contents of files that the server promised to tell us about (docs/PROTOCOL.md, Leases): what was read of an open file serves as long as
 * nobody changes it, and a file that is known whole is opened again without asking: the server keeps a descriptor of it, to which the handle
 * that we picked is bound quietly. Leaves to others: which name leads to which file (folders.js); asking (asking.js); serving reads
 * (windows.js); which files are sent before they are asked for (prefetch/). */
import { Credit } from "../../base/credit.js";
import { RIGHT, identityOf } from "../../base/fds.js";
import { concatenate } from "../../base/output.js";

const CONTENT_BYTES = 600; // what one costs beside its bytes, about
const COUNT_MAX = 768; // the server keeps so many and some more
const COUNT_AHEAD = 512; // of those, sent and not asked for yet, before more names are sent
const WHOLE_MAX = 4 << 20; // of a file that is put together from what the program read
/** Bytes of what is sent ahead, at once. */
export const AHEAD_MAX = 2 << 20;
const BREAKS_MAX = 3; // of one file without a read that it answered between: then it isn't leased any more

/** An answer, of which the bytes of files are views: all of it is held as long as one of them is known. */
export class Shared {
	users = 0;

	constructor(size) {
		this.size = size;
	}
}

/** One file under a lease. */
export class Content {
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
		this.shared = null; // what its bytes are a part of
		this.ahead = false; // sent before it was asked for, and not asked for since
		this.credit = null; // Credit of who wanted that
		this.served = false; // it answered something
	}
}

/** What the page knows of contents. */
export class Contents {
	#facts;
	#drop;
	#byId = new Map(); // the oldest first
	#byIdentity = new Map(); // live ones
	#breaks = new Map(); // identity -> how often in vain
	#expected = 0; // that were sent ahead and not opened since, and names that are on their way
	/** Bytes that are held. */
	bytes = 0;
	/** Bytes that were sent ahead, and those of them that were opened. */
	credit = new Credit();
	/** Bytes that the program asked for itself. */
	asked = 0;

	/** facts: what tells whether something is fresh, and counts our bytes with its own; drop: (id) the server needn't keep it any more. */
	constructor(facts, drop) {
		this.#facts = facts;
		this.#drop = drop;
	}

	/* ---- learning ---- */

	/** Is it worth a try to lease this open file? */
	mayLease(descriptor) {
		return !descriptor.unleasable && descriptor.content?.live !== true && !descriptor.narrowed && descriptor.may(RIGHT.FD_READ)
			&& !((this.#breaks.get(descriptor.identity) ?? 0) >= BREAKS_MAX);
	}

	/** asked: when, in the folders' ownChanges */
	learn(id, stamp, filestat, asked) {
		const content = new Content(id, filestat);
		const old = this.#byIdentity.get(content.identity);
		this.#byId.set(id, content);
		this.#byIdentity.set(content.identity, content);
		this.bytes += content.size;
		if (this.#facts.folders.ownChanges.hasChanged(asked, content.identity))
			this.#forget(content);
		else if (this.#facts.breaks.since(id, stamp).length > 0)
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

	/** So many files (or fewer) are on their way before they are asked for. */
	expects(count) {
		this.#expected += count;
	}

	/** All of a file was sent ahead; bytes: a part of `shared`. opens: as Content's; credit: of who wanted it, or null. Gives the content. */
	sentAhead(content, bytes, shared, opens, credit) {
		content.opens = opens;
		content.ahead = content.live;
		content.credit = credit;
		if (content.live) {
			this.#expected++;
			content.bytes = bytes;
			content.shared = shared;
			if (shared.users++ === 0)
				this.bytes += shared.size;
		}
		this.credit.sent += bytes.length;
		if (credit !== null)
			credit.sent += bytes.length;
		return content;
	}

	/** Its bytes are copied out of `shared`, if they are there, and nobody looks at them yet. */
	copyOut(content, shared) {
		if (content.shared !== shared)
			return;
		content.bytes = content.bytes.slice();
		this.#unshare(content);
		this.#account(content, content.bytes.length);
	}

	#unshare(content) {
		if (content.shared !== null && --content.shared.users === 0)
			this.bytes -= content.shared.size;
		content.shared = null;
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
			content.bytes = content.parts.length === 1 ? content.parts[0] : concatenate(content.parts);
			content.parts = [];
		}
		this.giveWay();
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
			this.#expected--;
			this.credit.used += content.bytes.length;
			if (content.credit !== null)
				content.credit.used += content.bytes.length;
		}
		if (this.#byId.delete(content.id))
			this.#byId.set(content.id, content);
	}

	/** How many more files it makes sense to ask for by name: those beyond would only push each other out. */
	get placesAhead() {
		return COUNT_AHEAD - this.#expected;
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
			this.#expected--;
		content.ahead = content.live = false;
		content.bytes = null;
		content.parts = [];
		this.bytes -= content.size;
		this.#unshare(content);
		this.#drop(content.id);
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

	/** Too much may be known: what is worth least goes. */
	giveWay() {
		while (this.#byId.size > COUNT_MAX || this.#byId.size > 0 && this.#facts.isOverfull)
			this.#forget(this.#leastWorth);
	}

	/** Gives way to something else: false if there is nothing more. */
	giveOne() {
		if (this.#byId.size === 0)
			return false;
		this.#forget(this.#leastWorth);
		return true;
	}
}
