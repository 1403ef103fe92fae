//# allFunctionsCalledOnLoad
/* The door of index.js where nothing is known, guessed or gathered: every call is asked of the server. What was gathered before, if anything was,
 * is sent and reported. */
export class NoCache {
	#behind;
	#sends;

	/** behind, sends: the WriteBehind and GatheredSends of before, or null. */
	constructor(behind = null, sends = null) {
		this.#behind = behind;
		this.#sends = sends;
	}

	/** May the page answer, delay or ask in advance at all? */
	get isOn() {
		return false;
	}

	/** The same door with nothing behind it: for "trap". */
	without() {
		return this;
	}

	/* ---- the program's life ---- */

	/** Before the program begins: asks for what its last start asked for. False: nothing is to be asked for. */
	begin() {
		return false;
	}

	/** It ends: what this start asked for is told for the next one. */
	end() {}

	/** Something outside told the program, or may have: what it asks next is asked of the server. */
	fence() {}

	/** From now on every call is asked of the server. Only where nothing is gathered. */
	rest() {}

	/** Nobody followed what the program did meanwhile. */
	startOver() {}

	/** At every import: what was gathered leaves after a ms. */
	tick() {
		this.#behind?.tick();
	}

	/** A batch that is waited for is about to leave. */
	leaves() {}

	/** A BREAK frame came; a flight that was waited for is answered. */
	broken(_frame) {}

	answered(flight) {
		this.#sends?.answered(flight);
	}

	/* ---- paths ---- */

	/** path_filestat_get's { errno, bytes }, or null: the server has to be asked. */
	findStat(_folder, _lookup, _name) {
		return null;
	}

	/** It is asked; and the answer. */
	asksStat(_folder, _name) {}

	keepStat(_folder, _lookup, _name, _answer) {}

	/** path_readlink's errno, or null: the server has to be asked. */
	findLink(_folder, _name) {
		return null;
	}

	/** The program changes what this path names, and waits for it. outcome: { own: does it make it, if it succeeds? makesFolder } */
	changes(_folder, _name, _outcome) {}

	/** Is it as good as certain that this call on a name succeeds? Then the program needn't wait for it, and isn't to: it is known as done. */
	unlinks(_folder, _name) {
		return false;
	}

	removes(_folder, _name) {
		return false;
	}

	renames(_from, _name, _to, _newName) {
		return false;
	}

	setsTimes(_folder, _name, _lookup, _flags) {
		return false;
	}

	/** Does this name stand for something that the program made? */
	isOwn(_folder, _name) {
		return false;
	}

	/** It was waited for, and has succeeded; to: { descriptor, path } of a rename, or null. */
	changed(_number, _folder, _name, _to) {}

	/** path_open's { errno, descriptor }, or null: the server has to be asked. how: { oflags, fdflags, lookup, rights } (the lower half). */
	open(_folder, _name, _how) {
		return null;
	}

	/** CALL flags of the open that is asked. */
	openFlags() {
		return 0;
	}

	/** It is asked, for this handle; opened: { errno, descriptor }, filled when the answer comes. */
	asksOpen(_folder, _name, _how, _handle, _opened) {}

	/* ---- listings ---- */

	/** The bytes of an open folder's listing that a buffer of `length` gets from `cookie` on, or null: the server has to be asked. */
	list(_descriptor, _cookie, _length) {
		return null;
	}

	/** How many bytes to ask for; 0: what the program wants. */
	listBytes(_descriptor, _length) {
		return 0;
	}

	/** They are asked, from the beginning; and an answer to so many. */
	asksListing(_descriptor) {}

	keepListing(_descriptor, _cookie, _bytes, _asked, _since) {}

	/* ---- attributes of open files ---- */

	/** 64 bytes, or null. */
	stat(_descriptor) {
		return null;
	}

	/** The same where only the size matters. */
	sizeStat(_descriptor) {
		return null;
	}

	asksStatOf(_descriptor) {}

	keepStatOf(_descriptor, _bytes, _since) {}

	/* ---- reads ---- */

	/** How many bytes were read from `offset` on, if that is the whole answer; else -1 - how many: the rest has to be asked for. */
	serve(_descriptor, _offset, _length, _iovecs, _count) {
		return -1;
	}

	/** Has nothing changed that we were told of, and only somebody has to say so? */
	isDoubtful(_descriptor, _offset) {
		return false;
	}

	/** Is it better to ask about the file than for its bytes anew? And what that said. */
	isWorthALook(_descriptor, _offset) {
		return false;
	}

	looked(_descriptor, _errno, _bytes, _since) {}

	/** The program has to ask for what it reads here. */
	misses(_descriptor, _offset) {}

	/** What was asked for from `offset` on before the program did: { flight, asked }, or null; and its bytes, or null. waited: the program did. */
	coming(_descriptor, _offset) {
		return null;
	}

	take(_descriptor, _coming, _waited) {
		return null;
	}

	/** How many bytes to ask for, where a read from `offset` on wants `length` more, from `from` on. */
	want(_descriptor, _offset, _from, length) {
		return length;
	}

	/** They are asked; and came. */
	asksRead(_descriptor) {}

	came(_descriptor, _offset, _bytes, _asked, _since) {}

	/** The program has read up to here. */
	readTo(_descriptor, _offset) {}

	/* ---- writes ---- */

	/** A write of the program, delayed if it may be; else ask() does it. at: the offset of a pwrite, or null: the descriptor's own. */
	writeOr(ask, _descriptor, _at, _iovecs, _count, _length, _nwritten) {
		return ask();
	}

	/** One was gathered: what is known of that file is old. */
	wrote(_descriptor, _offset, _length) {}

	/** The program has locked this file, which others write between their locks: nothing that is known of it may be used. */
	locked(_descriptor) {}

	/** isEnding: () => true: the program is about to be ended from outside, so every write waits until it is done. */
	gathersUntil(_isEnding) {}

	/** Is it as good as certain that this call on an open file succeeds? Then the program needn't wait for it, and isn't to. */
	foresees(_number, _descriptor) {
		return false;
	}

	/** It was waited for, and has succeeded. */
	succeeded(_number, _descriptor) {}

	/** The handle's error was returned to the program by a call that reports. */
	reported(descriptor) {
		this.#behind?.reported(descriptor);
	}

	/** Gathered writes and sends that failed and that the program never asked about: [{ path, call, errno, name }]. */
	writeErrors() {
		return [...this.#behind?.errors() ?? [], ...this.#sends?.errors() ?? []];
	}

	/* ---- sends ---- */

	/** This stream socket is connected from here on. */
	connected(_descriptor) {}

	/** A send of the program on a socket, delayed if it may be; else ask() does it. */
	sendOr(ask, descriptor, _iovecs, _count, _length, _nsent) {
		return this.sendError(descriptor) || ask();
	}

	/** The errno of a gathered send on this socket that failed, once; 0: none. */
	sendError(descriptor) {
		return this.#sends?.errorOf(descriptor) ?? 0;
	}

	/** then(), when what was gathered for this socket is sent or has failed; and the same for all sockets. */
	afterSends(descriptor, then) {
		return this.#sends?.afterSends(descriptor, then) ?? then();
	}

	afterAllSends(then) {
		return this.#sends?.afterAllSends(then) ?? then();
	}

	/** The descriptor is closed. May that go without an answer? */
	closes(_descriptor) {
		return false;
	}
}
