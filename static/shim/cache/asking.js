//# allFunctionsCalledOnLoad
/* What the page asks the server beside what the program waits for, in the same batch: leases of folders, names and contents (docs/PROTOCOL.md,
 * Leases), files that aren't asked for yet; and what it tells it quietly. Leaves to others: what is worth asking for (prefetch/, index.js),
 * what becomes of the answers (facts/). */
import { SKIPPED, decodeKept, decodeLease, decodeLeasedFile, decodeLeasedFiles, decodeLeasedName } from "../base/codec.js";
import { FILETYPE } from "../base/fds.js";
import { bytesOf, isPlain } from "../base/names.js";
import { NUMBERS } from "../base/syscalls.js";
import { AHEAD_MAX, Shared } from "./facts/contents.js";
import { UNKNOWN } from "./facts/folders.js";

/* How large a listing may be, by how many questions led into the folder. */
const WORTH = [{ questions: 1, bytes: 32 << 10 }, { questions: 4, bytes: 256 << 10 }, { questions: 64, bytes: 4 << 20 }];
const SPARE_BYTES = 1024; // a folder grows between two starts
const PINNED_MAX = 256; // folders that the server keeps open
const TRIES_MAX = 10_000;
const TOO_BIG = 1; // errno
const IS_KEPT = 1;
const LARGEST = 256 << 10; // of a file that is sent before it is asked for

/* Where a folder was asked for: how large its listing may be, and how many questions it takes until it is asked for again. The folders that
 * came of it know it, too, whatever became of the path since. */
class Tries {
	questions = 0;
	breaks = 0;
	wasOpened = false;
	#step = 0;
	#needs = WORTH[0].questions;

	get isGivenUp() {
		return this.#step >= WORTH.length;
	}

	/** Are there as many questions as it takes? */
	get isDue() {
		return !this.isGivenUp && this.questions >= this.#needs;
	}

	get bytes() {
		return WORTH[this.#step].bytes;
	}

	/** It was too large, or can't be leased at all. */
	failed(isTooLarge) {
		this.#step = isTooLarge ? this.#step + 1 : WORTH.length;
		this.#needs = this.isGivenUp ? Infinity : WORTH[this.#step].questions;
	}

	/** One that is broken again and again is worth less. */
	broke() {
		this.breaks++;
		if (!this.isGivenUp)
			this.#needs = WORTH[this.#step].questions * 2 ** Math.min(this.breaks - 1, 10);
	}
}

export class Asking {
	#program;
	#guard;
	#tries = new Map(); // where a folder was asked for -> Tries
	#pinned = new Set(); // folders that the server keeps open
	#partings = []; // ids that the server needn't keep any more
	#held = null; // of the answer that is just being read: Holding
	/** What is learned; set by whoever made both. */
	facts = null;

	/** guard: (handler) => one that lets no error out (index.js). */
	constructor(program, guard) {
		this.#program = program;
		this.#guard = guard;
	}

	get room() {
		return this.#program.roomToTell;
	}

	/** A call beside what the program waits for; write its arguments into what this gives. handler: (errno, bytes, since). */
	beside(number, handler, flags = 0) {
		const { pipeline } = this.#program;
		pipeline.call(number, flags, this.#guard(handler));
		return pipeline.writer;
	}

	/* One whose answer a break may precede. */
	#lease(number, handler, flags = 0) {
		const { breaks, folders: { ownChanges } } = this.facts;
		breaks.asks();
		const asked = ownChanges.asks();
		return this.beside(number, (errno, bytes) => {
			breaks.answered();
			handler(errno, bytes, asked);
			ownChanges.answered();
		}, flags);
	}

	/* ---- folders ---- */

	/** The lease of the folder at `path` (a text) goes along, unless that was tried in vain too often. atLeast: bytes that the listing may take, however
	 * seldom it was asked for; unsure: it may not be there, and come to be; onlearned: (Folder); marks: onlooked and onopened of the Folder. Gives how many
	 * calls that takes. */
	folder(descriptor, path, { atLeast = 0, unsure = false, onlearned = null, ...marks } = {}) {
		const where = `${descriptor.identity}/${path}`;
		const tries = this.#triesAt(where);
		tries.questions++;
		if (tries.isGivenUp || !tries.isDue && atLeast === 0 || !this.room)
			return 0;
		tries.questions = 0;
		const w = this.#lease(NUMBERS.lease_folder, (errno, bytes, asked) => {
			if (errno === 0)
				this.#learnFolder(decodeLease(bytes), bytes.length, asked, { tries, ...marks }, onlearned);
			else if (unsure && errno !== TOO_BIG)
				this.#tries.delete(where);
			else if (errno !== SKIPPED)
				tries.failed(errno === TOO_BIG);
		});
		w.u32(descriptor.handle);
		w.string(bytesOf(path));
		w.u32(Math.min(Math.max(tries.bytes, atLeast), this.#program.bounds.data));
		return 1;
	}

	#triesAt(where) {
		let tries = this.#tries.get(where);
		if (tries === undefined && this.#tries.size >= TRIES_MAX)
			this.#tries.clear();
		if (tries === undefined)
			this.#tries.set(where, tries = new Tries());
		return tries;
	}

	#learnFolder(told, listedBytes, asked, marks, onlearned) {
		const { facts } = this;
		const folder = Object.assign(facts.folders.learn(told, listedBytes, asked), marks);
		onlearned?.(folder);
		facts.folders.catchUp(folder, told.stamp);
		facts.giveWay(oldest => {
			facts.folders.forget(oldest);
			if (this.room)
				this.#program.tell(NUMBERS.lease_drop).u32(oldest.id);
		});
	}

	/** The same for a folder whose listing took about `bytes` at another time, unless we have it. */
	folderOf(descriptor, path, bytes) {
		return isPlain(descriptor) && this.facts.folders.folderAt(descriptor, path) === null
			? this.folder(descriptor, path, { atLeast: bytes + (bytes >> 1) + SPARE_BYTES }) : 0;
	}

	/** The program is expected to open this folder to list it: after its lease, in the same batch, the server is asked to keep it open. Gives how many
	 * calls that takes. */
	pin(descriptor, path) {
		if (!isPlain(descriptor) || !this.room || this.facts.folders.folderAt(descriptor, path)?.opens)
			return 0;
		const w = this.beside(NUMBERS.lease_keep, (errno, bytes) => {
			if (errno !== 0)
				return;
			const { lease, key, fdstat } = decodeKept(bytes);
			const folder = this.facts.folders.at(key);
			if (folder === undefined || folder.opens !== null) {
				this.drops(lease);
				return;
			}
			folder.opens = { id: lease, fdstat: fdstat.slice(), root: descriptor.root };
			this.#pinned.add(folder);
			if (this.#pinned.size > PINNED_MAX)
				this.unpin(this.#spent());
		});
		w.u32(descriptor.handle);
		w.string(bytesOf(path));
		return 1;
	}

	/* The pinned folder that is needed least: one that the program has listed; else the oldest. */
	#spent() {
		for (const folder of this.#pinned)
			if (folder.isOpened)
				return folder;
		return this.#pinned.values().next().value;
	}

	unpin(folder) {
		if (!this.#pinned.delete(folder))
			return;
		this.drops(folder.opens.id);
		folder.opens = null;
	}

	/** What a path (bytes) names is looked at anew, if its folder is leased: the program changes it. onlearned: (entry), what is there then. */
	name(descriptor, path, onlearned = null) {
		const found = this.facts.folders.parentOf(descriptor, path);
		if (found === null || !this.room)
			return;
		const w = this.#lease(NUMBERS.lease_name, (errno, bytes, asked) => {
			const entry = errno === 0 ? this.facts.folders.learnName(decodeLeasedName(bytes), found.name, asked) : null;
			if (entry !== null && entry !== UNKNOWN)
				onlearned?.(entry);
		});
		w.u32(descriptor.handle);
		w.string(path);
	}

	/** The same where the program asks for it, if only the server knows what is there. */
	nameIfUnknown(descriptor, path) {
		const entry = this.facts.folders.parentOf(descriptor, path)?.entry;
		if (entry === UNKNOWN || entry?.stat === null && entry.type === FILETYPE.REGULAR_FILE)
			this.name(descriptor, path);
	}

	/* ---- contents ---- */

	/** Beside an open file's first reads, before them: the descriptor's content is leased from there on. descriptorOf: () => it, or null. */
	content(handle, descriptorOf, flags = 0) {
		this.#lease(NUMBERS.lease_file, (errno, bytes, asked) => {
			const { contents } = this.facts;
			const descriptor = descriptorOf();
			if (errno !== 0 || descriptor === null) {
				if (errno === 0)
					this.drops(decodeLeasedFile(bytes).lease);
				else if (descriptor !== null)
					descriptor.unleasable = true;
				return;
			}
			const told = decodeLeasedFile(bytes);
			const content = contents.learn(told.lease, told.stamp, told.filestat, asked);
			if ((told.flags & IS_KEPT) !== 0)
				content.opens = { fdstat: descriptor.fdstat.slice(), traits: descriptor.traits, root: descriptor.root };
			contents.adopt(descriptor, content);
			contents.giveWay();
		}, flags).u32(handle);
	}

	/**
	 * Small files before the program asks for them: those of the folder at `path` (bytes; "." itself) of the open descriptor with these names
	 * (bytes), or, without names, all of them in a listing's order; `most` bytes. The folder has to be leased, or its lease asked for before in
	 * the same batch; names that lead elsewhere by then are simply not given. Gives how many calls that takes. credit: counted by, too.
	 */
	files(descriptor, path, names, { most = AHEAD_MAX, largest = LARGEST, credit = null } = {}) {
		if (!this.room || descriptor.narrowed)
			return 0;
		const { contents } = this.facts;
		const { root } = descriptor;
		this.tellDropped(); // first, so that the server has places for them
		contents.expects(names.length);
		const w = this.#lease(NUMBERS.lease_files, (errno, bytes, asked) => {
			contents.expects(-names.length);
			if (errno !== 0)
				return;
			const told = decodeLeasedFiles(bytes), holding = this.#holding(bytes.buffer);
			for (const file of told.files)
				if (file.errno === 0)
					holding.add(contents.sentAhead(contents.learn(file.lease, told.stamp, file.filestat, asked), file.bytes, holding.shared,
						{ fdstat: file.fdstat.slice(), traits: file.traits, root }, credit));
			contents.giveWay();
		});
		w.u32(descriptor.handle);
		w.string(path);
		w.u32(largest);
		w.u32(names.reduce((sum, name) => sum + 2 + name.length, 0));
		for (const name of names) {
			w.u16(name.length);
			w.raw(name);
		}
		w.u32(Math.min(most, this.#program.bounds.data));
		return 1;
	}

	/* What is held of an answer that is just being read. */
	#holding(buffer) {
		if (this.#held?.buffer !== buffer) {
			this.answered();
			this.#held = new Holding(buffer);
		}
		return this.#held;
	}

	/** An answer was read to its end. */
	answered() {
		this.#held?.settle(this.facts.contents);
		this.#held = null;
	}

	/* ---- what the server is told ---- */

	/** Binds a handle to a descriptor that the server keeps (id): what the program opens from what is known. Gives what Program.untell takes. */
	bind(id, folder, name, handle) {
		const { pipeline } = this.#program;
		const before = pipeline.place();
		const w = pipeline.idleCall(NUMBERS.lease_open);
		w.u32(folder.handle);
		w.string(name);
		w.u32(id);
		w.u32(handle);
		before.end = w.at;
		return before;
	}

	/** The server needn't keep this any more. */
	drops(id) {
		this.#partings.push(id);
	}

	/** Before a batch leaves that is waited for, or more is asked for. */
	tellDropped() {
		while (this.#partings.length > 0 && this.room)
			this.#program.pipeline.idleCall(NUMBERS.lease_drop).u32(this.#partings.pop());
	}
}

/* The files that one answer brought: views of it, so that they aren't copied; unless they are the smaller part of it, since it is held as long as one of them
 * is known. */
class Holding {
	#files = [];
	#bytes = 0;

	constructor(buffer) {
		this.buffer = buffer;
		this.shared = new Shared(buffer.byteLength);
	}

	add(content) {
		this.#files.push(content);
		this.#bytes += content.bytes?.length ?? 0;
	}

	settle(contents) {
		if (this.#bytes * 2 < this.buffer.byteLength)
			this.#files.forEach(content => contents.copyOut(content, this.shared));
	}
}
