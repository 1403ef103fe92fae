//# allFunctionsCalledOnLoad
/* The door of index.js where everything is: what each method means is said in none.js. This is the order in which the parts are told. */
import { ERRNO } from "../base/errors.js";
import { FILETYPE } from "../base/fds.js";
import { isPlain, isWalkable, textOf } from "../base/names.js";
import { Asking } from "./asking.js";
import { Foresight } from "./foresight.js";
import { Facts } from "./facts/facts.js";
import { Windows } from "./facts/windows.js";
import { Opens } from "./opens.js";
import { OwnNames } from "./ownnames.js";
import { Prefetch } from "./prefetch/index.js";

const LISTED_MAX = 64 << 10; // larger buffers of fd_readdir get their own answers
const SYMLINK_FOLLOW = 1;

export class Cache {
	#program;
	#behind;
	#sends;
	#asking;
	#facts;
	#windows;
	#prefetch;
	#opens;
	#foresight;
	#own;

	/** guard: (handler) => one that lets no error out; the rest is openCache's. */
	constructor(program, { behind, sends }, { freshMs, wakeups = null, hints = null, predictors = {} }, guard) {
		this.#program = program;
		this.#behind = behind;
		this.#sends = sends;
		const asking = this.#asking = new Asking(program, guard);
		const facts = this.#facts = asking.facts = new Facts(program, { freshMs, wakeups, drop: id => asking.drops(id) });
		facts.folders.onforget = folder => asking.unpin(folder);
		const windows = this.#windows = new Windows(program, facts, freshMs);
		const prefetch = this.#prefetch = new Prefetch(program, { asking, facts, windows, hints, on: predictors });
		this.#foresight = new Foresight(program);
		this.#own = new OwnNames(program, this.#foresight, facts);
		this.#opens = new Opens(program, { asking, facts, windows, prefetch, behind, own: this.#own, guard });
		behind.onwrote = (...write) => program.cache.wrote(...write);
	}

	get isOn() {
		return true;
	}

	/* ---- the program's life ---- */

	begin() {
		return this.#prefetch.begin();
	}

	end() {
		this.#prefetch.end();
	}

	fence() {
		this.#facts.freshness.fence();
	}

	startOver() {
		this.#facts.startOver();
	}

	tick() {
		this.#behind.tick();
	}

	leaves() {
		if (!this.#program.ending)
			this.#prefetch.piggyback();
		this.#asking.tellDropped();
		this.#facts.freshness.leaving();
	}

	broken(frame) {
		this.#facts.broken(frame);
	}

	answered(flight) {
		this.#asking.answered();
		this.#sends.answered(flight);
		this.#facts.answered(flight);
	}

	/* ---- paths ---- */

	findStat(folder, lookup, name) {
		this.#prefetch.asks(folder, name, null);
		const known = lookup >>> 0 <= SYMLINK_FOLLOW ? this.#facts.stat(folder, name) : undefined;
		if (known === null)
			return { errno: ERRNO.NOENT, bytes: null };
		const found = known !== undefined ? { errno: 0, bytes: known } : this.#facts.answers.find(folder.handle, lookup, name);
		if (found !== null)
			this.#told(folder, name, found);
		return found;
	}

	#told(folder, name, { errno, bytes }) {
		this.#prefetch.told(folder, name, errno === 0 ? bytes : null);
	}

	asksStat(folder, name) {
		this.#prefetch.foldersTo(folder, name);
		this.#prefetch.changedBeside(folder, name);
		this.#asking.nameIfUnknown(folder, name);
		this.#prefetch.fileAt(folder, name);
	}

	keepStat(folder, lookup, name, answer) {
		this.#facts.answers.keep(folder.handle, lookup, name, answer);
		this.#told(folder, name, answer);
	}

	findLink(folder, name) {
		this.#prefetch.asks(folder, name, null);
		const type = this.#facts.folders.typeOf(folder, name);
		if (type === null)
			return ERRNO.NOENT;
		return type !== undefined && type !== FILETYPE.SYMBOLIC_LINK && type !== FILETYPE.UNKNOWN ? ERRNO.INVAL : null;
	}

	changes(folder, name, outcome) {
		this.#asking.name(folder, name, entry => {
			if (outcome.own)
				this.#facts.folders.ownsAt(folder, name, entry);
		});
		if (outcome.makesFolder && this.#program.foresees && isPlain(folder) && isWalkable(name))
			this.#asking.folder(folder, textOf(name), { unsure: true, onlearned: made => { // so that it is known what is in it: nothing
				if (outcome.own)
					this.#own.madeFolder(folder, name, made);
			} });
	}

	unlinks(folder, name) {
		return this.#sureOf(() => this.#own.unlinks(folder, name));
	}

	removes(folder, name) {
		return this.#sureOf(() => this.#own.removes(folder, name));
	}

	renames(from, name, to, newName) {
		return this.#sureOf(() => this.#own.renames(from, name, to, newName));
	}

	setsTimes(folder, name, lookup, flags) {
		return this.#sureOf(() => this.#own.setsTimes(folder, name, lookup, flags));
	}

	isOwn(folder, name) {
		return this.#facts.folders.parentOf(folder, name)?.entry?.own === true;
	}

	changed(number, folder, name, to) {
		this.#own.succeeded(number, folder, name, to);
	}

	#sureOf(foresees) {
		this.#program.pipeline.hold();
		if (this.#behind.isEnding() || !foresees())
			return false;
		this.#behind.begins();
		return true;
	}

	open(folder, name, how) {
		return this.#opens.open(folder, name, how);
	}

	openFlags() {
		return this.#opens.flags;
	}

	asksOpen(folder, name, how, handle, opened) {
		this.#opens.asks(folder, name, how, handle, opened);
	}

	/* ---- listings ---- */

	list(descriptor, cookie, length) {
		const { folders, listings } = this.#facts;
		if (cookie === 0) {
			const folder = folders.listed(descriptor);
			if (folder !== null)
				listings.keepLeased(descriptor, folder);
			else
				listings.restart(descriptor);
		}
		return listings.serve(descriptor, cookie, length);
	}

	listBytes(descriptor, length) {
		return descriptor.filetype === FILETYPE.DIRECTORY && length <= LISTED_MAX ? this.#facts.listings.want(length) : 0;
	}

	asksListing(descriptor) {
		if (isPlain(descriptor) && this.#facts.folders.of(descriptor)?.listed !== true)
			this.#asking.folder(descriptor, ".");
	}

	keepListing(descriptor, cookie, bytes, asked, since) {
		this.#facts.listings.keep(descriptor, cookie, bytes, asked, since);
	}

	/* ---- attributes of open files ---- */

	stat(descriptor) {
		return this.#windows.stat(descriptor);
	}

	sizeStat(descriptor) {
		return this.#windows.stat(descriptor) ?? this.#facts.folders.statOf(descriptor);
	}

	asksStatOf(descriptor) {
		this.#prefetch.misses(descriptor, null);
	}

	keepStatOf(descriptor, bytes, since) {
		this.#windows.keepStat(descriptor, bytes, since);
	}

	/* ---- reads: of what may have a window ---- */

	serve(descriptor, offset, length, iovecs, count) {
		return descriptor.cached ? this.#windows.serve(descriptor, offset, length, iovecs, count) : -1;
	}

	isDoubtful(descriptor, offset) {
		return descriptor.cached && this.#windows.isDoubtful(descriptor, offset);
	}

	isWorthALook(descriptor, offset) {
		return descriptor.cached && this.#windows.isWorthALook(descriptor, offset);
	}

	looked(descriptor, errno, bytes, since) {
		this.#windows.looked(descriptor, errno, bytes, since);
	}

	misses(descriptor, offset) {
		if (descriptor.cached)
			this.#prefetch.misses(descriptor, offset);
	}

	coming(descriptor, offset) {
		return descriptor.cached ? this.#prefetch.bytes.coming(descriptor, offset) : null;
	}

	take(descriptor, coming, waited) {
		return this.#prefetch.bytes.take(descriptor, coming, waited);
	}

	want(descriptor, offset, from, length) {
		return descriptor.cached ? this.#prefetch.bytes.want(descriptor, offset, from, length) : length;
	}

	asksRead(descriptor) {
		if (descriptor.cached && this.#facts.contents.mayLease(descriptor))
			this.#asking.content(descriptor.handle, () => descriptor);
	}

	came(descriptor, offset, bytes, asked, since) {
		if (descriptor.cached && typeof offset === "number")
			this.#prefetch.bytes.came(descriptor, offset, bytes, asked, since);
	}

	readTo(descriptor, offset) {
		if (descriptor.cached)
			descriptor.reading.next = offset;
	}

	/* ---- writes ---- */

	writeOr(ask, descriptor, at, iovecs, count, length, nwritten) {
		this.#program.used += length;
		return this.#behind.writeOr(ask, descriptor, at, iovecs, count, length, nwritten);
	}

	wrote(descriptor, offset, length) {
		this.#windows.changed(descriptor, offset, length);
		this.#facts.wrote(descriptor.identity);
	}

	locked(descriptor) {
		this.wrote(descriptor, null, 0);
	}

	gathersUntil(isEnding) {
		this.#behind.isEnding = isEnding;
	}

	foresees(number, descriptor) {
		if (!this.#sureOf(() => this.#foresight.foresees(number, descriptor)))
			return false;
		this.#behind.covers(descriptor);
		return true;
	}

	succeeded(number, descriptor) {
		this.#foresight.succeeded(number, descriptor);
	}

	reported(descriptor) {
		this.#behind.reported(descriptor);
	}

	writeErrors() {
		return [...this.#behind.errors(), ...this.#sends.errors()];
	}

	connected(descriptor) {
		this.#sends.connected(descriptor);
	}

	sendOr(ask, descriptor, iovecs, count, length, nsent) {
		return this.#sends.sendOr(ask, descriptor, iovecs, count, length, nsent);
	}

	sendError(descriptor) {
		return this.#sends.errorOf(descriptor);
	}

	afterSends(descriptor, then) {
		return this.#sends.afterSends(descriptor, then);
	}

	afterAllSends(then) {
		return this.#sends.afterAllSends(then);
	}

	closes(descriptor) {
		if (descriptor.isMade)
			this.#own.closed();
		this.#windows.forget(descriptor);
		this.#prefetch.closes(descriptor);
		return (descriptor.seekable || descriptor.filetype === FILETYPE.DIRECTORY) && this.#behind.isSettled(descriptor) && this.#asking.room;
	}
}
