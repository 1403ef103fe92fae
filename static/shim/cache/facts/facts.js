//# allFunctionsCalledOnLoad
/* All that the page knows of files: what the server promised to tell changes of, and what it said just now. Nothing here asks or guesses. */
import { decodeBreaks } from "../../base/codec.js";
import { Answers } from "./answers.js";
import { Breaks } from "./breaks.js";
import { Contents } from "./contents.js";
import { Folders } from "./folders.js";
import { Freshness } from "./freshness.js";
import { Listings } from "./listing.js";

const BYTES_MAX = 64 << 20; // of a program

export class Facts {
	breaks = new Breaks();

	/** freshMs: how old an answer may be where the server promised nothing; wakeups: as of Freshness; drop: (id) the server needn't keep it any more. */
	constructor(program, { freshMs, wakeups, drop }) {
		const { pipeline } = program;
		this.freshness = new Freshness(pipeline, freshMs, wakeups);
		this.folders = new Folders(this.freshness, this.breaks);
		this.contents = new Contents(this, drop);
		this.answers = new Answers(pipeline, freshMs);
		this.listings = new Listings(program, freshMs);
	}

	get isFresh() {
		return this.freshness.isFresh;
	}

	/** Is more known than may be? */
	get isOverfull() {
		return this.folders.bytes + this.contents.bytes > BYTES_MAX;
	}

	/** What path_filestat_get gives: 64 bytes; null: nothing is there; undefined: the server knows. */
	stat(descriptor, path) {
		const found = this.folders.walk(descriptor, path);
		if (found === null)
			return undefined;
		if (found.entry === null)
			return null;
		if (found.entry === undefined)
			return found.folder.stat ?? undefined;
		if (found.entry.key !== null)
			return this.folders.at(found.entry.key)?.stat ?? undefined;
		return found.entry.stat ?? this.contents.stat(found.entry.identity) ?? undefined;
	}

	/** Is it known that nothing is there? */
	isAbsent(descriptor, path) {
		return this.folders.walk(descriptor, path)?.entry === null;
	}

	/** The content of the file that a path leads to, if it is known and the program may open it to read; or null. */
	content(descriptor, path) {
		const entry = this.folders.walk(descriptor, path)?.entry;
		return entry?.identity ? this.contents.whole(entry.identity, descriptor.root) : null;
	}

	/** A BREAK came. */
	broken(frame) {
		const breaks = decodeBreaks(frame);
		this.breaks.note(breaks);
		for (const broken of breaks)
			if (!this.contents.broken(broken.lease) || broken.lease === 0)
				this.folders.broken(broken);
	}

	/** A batch that was waited for is answered. */
	answered(flight) {
		this.freshness.answered(flight);
		this.breaks.settle();
	}

	/** The program writes to this file, quietly: what is known of it is old. identity null: it could be any. */
	wrote(identity) {
		this.folders.ownChanges.note(identity, null);
		this.answers.clear();
		this.contents.changed(identity);
		this.folders.changed(identity);
	}

	/** What is known may be older than what the program did. */
	startOver() {
		this.folders.forgetAll();
		this.contents.broken(0);
	}

	/** Too much may be known: contents go first, then the oldest folders, each by `giveUp`. */
	giveWay(giveUp) {
		while (this.isOverfull && (this.contents.giveOne() || this.folders.oldest !== undefined))
			if (this.isOverfull && this.contents.bytes === 0)
				giveUp(this.folders.oldest);
	}
}
