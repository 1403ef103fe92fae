//# allFunctionsCalledOnLoad
/* What the program opens: answered from what is known, or asked with all that comes along in the open's batch. */
import { CALL, shownText } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { Descriptor, FDFLAGS, RIGHT, identityOf } from "../base/fds.js";
import { inodeOf, placeOf } from "../base/names.js";
import { writeOpen } from "../base/open.js";
import { NUMBERS } from "../base/syscalls.js";

const SYMLINK_FOLLOW = 1;
const OFLAG_CREAT = 1, OFLAG_DIRECTORY = 2, OFLAG_TRUNC = 8;

/* What an open is for. how: { oflags, fdflags, lookup, rights } */
function purposeOf({ oflags, fdflags, lookup, rights }) {
	const harmless = lookup >>> 0 <= SYMLINK_FOLLOW && (rights & RIGHT.FD_WRITE) === 0;
	const looks = harmless && (oflags & ~OFLAG_DIRECTORY) === 0 && fdflags === 0;
	return {
		looks, // nothing is made or written
		lists: harmless && oflags === OFLAG_DIRECTORY && (fdflags & ~FDFLAGS.NONBLOCK) === 0, // opendir asks for NONBLOCK
		reads: looks && (oflags & OFLAG_DIRECTORY) === 0 && (rights & RIGHT.FD_READ) !== 0,
		wantsFolder: (oflags & OFLAG_DIRECTORY) !== 0,
		changes: (oflags & (OFLAG_CREAT | OFLAG_TRUNC)) !== 0,
	};
}

export class Opens {
	#program;
	#asking;
	#facts;
	#windows;
	#prefetch;
	#behind;
	#own;
	#guard;
	/** CALL flags of an open that is asked: what goes along makes no sense if it fails. */
	flags = CALL.LINK;

	constructor(program, { asking, facts, windows, prefetch, behind, own, guard }) {
		this.#behind = behind;
		this.#own = own;
		this.#program = program;
		this.#asking = asking;
		this.#facts = facts;
		this.#windows = windows;
		this.#prefetch = prefetch;
		this.#guard = guard;
	}

	/* ---- answered here ---- */

	/** { errno, descriptor }, or null. */
	open(folder, name, how) {
		const purpose = purposeOf(how);
		const { looks, lists, reads } = purpose;
		this.#prefetch.asks(folder, name, purpose);
		if (purpose.changes) {
			const descriptor = this.#make(folder, name, how);
			return descriptor === null ? null : { errno: 0, descriptor };
		}
		if ((looks || lists) && this.#facts.isAbsent(folder, name))
			return { errno: ERRNO.NOENT, descriptor: null };
		if (reads)
			this.#prefetch.reads(folder, name);
		const listed = looks || lists ? this.#listable(folder, name) : null; // some open a folder as they would a file, to sync it
		if (listed !== null)
			this.#prefetch.lists(folder, name);
		if (listed !== null && this.#hasRoom)
			return { errno: 0, descriptor: this.#openListed(listed, folder, name) };
		const content = reads ? this.#facts.content(folder, name) : null;
		if (content === null || !this.#hasRoom)
			return null;
		this.#prefetch.opensKnown(folder, name);
		return { errno: 0, descriptor: this.#openKnown(content, folder, name) };
	}

	/* One that makes or truncates a file, if it is as good as certain that it succeeds. Which file it made is told behind it. */
	#make(folder, name, how) {
		const { pipeline, fds } = this.#program;
		pipeline.hold();
		const made = this.#hasRoom && !this.#behind.isEnding() ? this.#own.opens(folder, name, how) : null;
		if (made === null)
			return null;
		const { given, entry } = made;
		this.#behind.begins();
		const handle = fds.pickHandle();
		const w = this.#program.foresee("path_open", shownText(name));
		writeOpen(w, folder, name, how, handle);
		const descriptor = new Descriptor(handle, given.fdstat, given.traits, given.credit, given.usedAt);
		descriptor.path = name;
		descriptor.root = folder.root;
		descriptor.isMade = true;
		descriptor.identity = entry.identity;
		this.#windows.changed(descriptor, null, 0);
		this.#windows.made(descriptor);
		this.#asking.beside(NUMBERS.fd_filestat_get, (errno, filestat) => {
			if (errno !== 0)
				return;
			entry.identity = identityOf(filestat);
			entry.ino = inodeOf(filestat);
			descriptor.identity = entry.identity;
		}).u32(handle);
		return descriptor;
	}

	get #hasRoom() {
		return this.#asking.room && this.#program.fds.hasHandle(this.#program.bounds.handles);
	}

	/* The folder that a path leads to, if it may be opened to list without asking. */
	#listable(folder, name) {
		const found = this.#facts.folders.folder(folder, name);
		if (found === null || found.opens === null || found.opens.root !== folder.root)
			return null;
		found.wasOpened();
		return found;
	}

	#openListed({ key, opens }, folder, name) {
		const descriptor = this.#bound(opens, folder, name);
		descriptor.identity = key;
		descriptor.place = placeOf(folder, name);
		return descriptor;
	}

	#openKnown(content, folder, name) {
		const descriptor = this.#bound({ id: content.id, ...content.opens }, folder, name);
		this.#facts.contents.adopt(descriptor, content);
		this.#facts.contents.use(content);
		this.#windows.openedKnown(descriptor, content);
		return descriptor;
	}

	/* The server binds a handle to the descriptor that it keeps. */
	#bound({ id, fdstat, traits }, folder, name) {
		const handle = this.#program.fds.pickHandle();
		const descriptor = new Descriptor(handle, fdstat, traits);
		descriptor.bound = this.#asking.bind(id, folder, name, handle);
		descriptor.path = name;
		descriptor.root = folder.root;
		return descriptor;
	}

	/* ---- asked ---- */

	/** The open is asked for this handle; opened: { errno, descriptor }, filled when its answer comes. */
	asks(folder, name, how, handle, opened) {
		const { looks, lists, reads, wantsFolder, changes } = purposeOf(how);
		this.#along(folder, name, how, handle, opened, looks && !folder.narrowed);
		if (wantsFolder)
			this.#prefetch.lists(folder, name);
		this.#prefetch.foldersTo(folder, name, wantsFolder);
		if (lists || looks)
			this.#prefetch.reopens(folder, name);
		if (wantsFolder)
			this.#prefetch.filesIn(folder, name);
		else if (reads)
			this.#prefetch.filesAfter(folder, name);
		if (changes)
			this.#changes(folder, name, how, opened);
		else
			this.#asking.nameIfUnknown(folder, name);
	}

	#changes(folder, name, how, opened) {
		const was = { isAbsent: this.#facts.isAbsent(folder, name), isOwn: this.#facts.folders.parentOf(folder, name)?.entry?.own === true };
		this.#asking.name(folder, name, () => { // one that was made with EXCL may be a lock, or a job for others: it isn't the program's own
			if (opened.descriptor !== null)
				this.#own.opened(folder, name, how, opened.descriptor, was);
		});
	}

	/* In the open's batch: attributes, and the first bytes of a file or a folder's listing; before those the content's lease, if it may be had. */
	#along(folder, name, { oflags, rights }, handle, opened, leasable) {
		const { pipeline, bounds } = this.#program;
		const wanted = Math.min(this.#prefetch.bytes.first(oflags, rights, this.#facts.folders.sizeAt(folder, name)), bounds.data);
		const entries = this.#facts.listings.firstBytes(oflags, rights);
		const came = { filestat: null, first: null, listed: null, since: 0 };
		this.#asking.beside(NUMBERS.fd_filestat_get, (errno, bytes, since) => {
			came.since = since;
			if (errno === 0)
				came.filestat = bytes;
		}, wanted || entries ? CALL.LINK : 0).u32(handle);
		if (wanted && leasable)
			this.#asking.content(handle, () => opened.descriptor);
		if (wanted || entries) {
			const w = this.#asking.beside(wanted ? NUMBERS.fd_pread : NUMBERS.fd_readdir, (errno, bytes) => {
				if (errno === 0)
					came[wanted ? "first" : "listed"] = bytes;
			});
			w.u32(handle);
			w.u64(0);
			w.u32(wanted || entries);
		}
		const { finish } = pipeline;
		const keep = this.#guard(() => this.#opened(opened, came, wanted, entries));
		pipeline.finish = () => {
			keep();
			return finish();
		};
	}

	/* All of that came. */
	#opened({ errno, descriptor }, { filestat, first, listed, since }, wanted, entries) {
		if (errno !== 0)
			return;
		this.#windows.opened(descriptor, filestat, first, wanted, since);
		if (listed !== null)
			this.#facts.listings.keep(descriptor, 0, listed, entries, since);
	}
}
