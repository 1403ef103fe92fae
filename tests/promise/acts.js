// Random programs for the guest `acts`, and what a native process comes to that does the same: the answers, and the folder after each act. A program
// is a list of acts as the guest takes them ("rename a b"). Leaves to others: running them (app.js).
import fs from "node:fs";
import path from "node:path";

import { dice } from "../concurrent-changes.js";

const ERRNO = { EACCES: 2, EBADF: 8, EEXIST: 20, EINVAL: 28, EISDIR: 31, ELOOP: 32, ENOENT: 44, ENOSPC: 51, ENOTDIR: 54, ENOTEMPTY: 55, EPERM: 63, EROFS: 69 };
const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC } = fs.constants;
const OPENS = { create: O_WRONLY | O_CREAT, excl: O_WRONLY | O_CREAT | O_EXCL, trunc: O_WRONLY | O_CREAT | O_TRUNC, open: O_WRONLY };

/** What is in a folder, as text: names, types, links, sizes, bytes; times of files that a program has set. */
export function treeOf(folder) {
	const list = (at) => fs.readdirSync(at).sort().map((name) => {
		const below = path.join(at, name), stat = fs.lstatSync(below);
		if (stat.isDirectory())
			return `${name}{${list(below)}}`;
		if (stat.isSymbolicLink())
			return `${name}->${fs.readlinkSync(below)}`;
		const time = stat.mtimeMs < 1e9 ? stat.mtimeMs / 1000 : ""; // one of ours
		return `${name}:${stat.nlink}:${time}:${fs.readFileSync(below, "latin1")}`;
	}).join(" ");
	return list(folder);
}

/** A native process that does acts in a folder. */
export class Native {
	#fds = [];

	constructor(folder) {
		this.folder = folder;
	}

	/** @returns {string} what the guest is to come to */
	act(text) {
		const [verb, ...words] = text.split(" ");
		try {
			return String(this[verb](...words) ?? 0);
		} catch (error) {
			if (ERRNO[error.code] === undefined)
				throw error;
			return String(-ERRNO[error.code]);
		}
	}

	#path(name) {
		return path.join(this.folder, name);
	}

	#file(fd) {
		if (this.#fds[fd] === undefined)
			throw Object.assign(new Error("no such descriptor"), { code: "EBADF" });
		return this.#fds[fd].file;
	}

	#open(flags, fd, name) {
		const file = fs.openSync(this.#path(name), flags);
		if (this.#fds[fd] !== undefined)
			fs.closeSync(this.#fds[fd].file); // the guest leaves it open, which nobody sees
		this.#fds[fd] = { file };
	}

	create = (fd, name) => this.#open(OPENS.create, fd, name);
	excl = (fd, name) => this.#open(OPENS.excl, fd, name);
	trunc = (fd, name) => this.#open(OPENS.trunc, fd, name);
	open = (fd, name) => this.#open(OPENS.open, fd, name);
	write = (fd, length, letter) => fs.writeSync(this.#file(fd), letter.repeat(length));
	sync = (fd) => void this.#file(fd);
	datasync = (fd) => void this.#file(fd);
	size = (fd, size) => fs.ftruncateSync(this.#file(fd), Number(size));
	ftimes = (fd, seconds) => fs.futimesSync(this.#file(fd), Number(seconds), Number(seconds));
	close = (fd) => (fs.closeSync(this.#file(fd)), void delete this.#fds[fd]);
	rename = (from, to) => fs.renameSync(this.#path(from), this.#path(to));
	unlink = (name) => {
		if (fs.lstatSync(this.#path(name)).isDirectory())
			throw Object.assign(new Error("a folder"), { code: "EISDIR" });
		fs.unlinkSync(this.#path(name));
	};
	mkdir = (name) => fs.mkdirSync(this.#path(name));
	rmdir = (name) => fs.rmdirSync(this.#path(name));
	link = (from, to) => fs.linkSync(this.#path(from), this.#path(to));
	symlink = (target, name) => fs.symlinkSync(target, this.#path(name));
	times = (name, seconds) => fs.lutimesSync(this.#path(name), Number(seconds), Number(seconds));
	stat = (name) => {
		const stat = fs.lstatSync(this.#path(name));
		return stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : `${stat.size}:${stat.nlink}`;
	};
	list = (name) => `[${fs.readdirSync(this.#path(name)).sort()}]`;
	get = (name) => {
		const bytes = fs.readFileSync(this.#path(name));
		return `${bytes.length}/${bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0)}`;
	};

	end() {
		this.#fds.forEach(({ file }) => fs.closeSync(file));
	}
}

/* One of the kernel's truncations is several steps to who looks: it sets the file's size first, and its time when it is through. */
const STEPS = /^(trunc|size|write)\b/;
const words = (tree) => tree.split(/([ {}])/).map((word) => /^([^:]*:\d+):([^:]*):([^]*)$/.exec(word) ?? [word]);

/** Is a tree what is seen of a folder at the moment `least` or later, in the middle of an act too? @param {string[]} acts @param {string[]} trees natively()'s */
export function isSeen(tree, { acts, trees }, least) {
	if (trees.includes(tree, least))
		return true;
	const seen = words(tree);
	return acts.some((act, i) => {
		if (i < least || !STEPS.test(act))
			return false;
		const [before, now] = [words(trees[i]), words(trees[i + 1])];
		return [before, now].every(({ length }) => length === seen.length)
			&& seen.every((word, at) => word.every((part, which) => which === 0 && word.length > 1 || part === before[at][which] || part === now[at][which]));
	});
}

const ASKS = /^(say|sleep|spin|until|trap|exit)\b/;

/**
 * What a native process comes to.
 * @param {string[]} acts @param {string} folder an empty one, which is the acts' then
 * @returns {{ acts: string[], trees: string[], lines: { text: string, after: number }[] }} trees: before the first act, after the first, and
 *          so on; lines: what is said, and how many acts precede it
 */
export function natively(acts, folder) {
	const native = new Native(folder), trees = [treeOf(folder)], lines = [];
	let said = [];
	acts.forEach((act, i) => {
		if (!ASKS.test(act)) {
			said.push(native.act(act));
		} else if (act.startsWith("say ")) {
			lines.push({ text: [act.slice(4), ...said].join(" "), after: i + 1 });
			said = [];
		}
		trees.push(treeOf(folder));
	});
	native.end();
	return { acts, trees, lines };
}

/**
 * A random program: mostly of what programs do to names of their own, and what they ask about them. It remembers what it made, so that most acts succeed.
 * @param {number} seed @param {number} length in acts
 * @param {{ saysEach?: number, syncs?: number, asks?: boolean }} options saysEach: a line after so many acts, at random; syncs: how many among
 *        60 acts
 */
export function randomActs(seed, length, { saysEach = 4, syncs = 4, asks = true } = {}) {
	const chance = dice(seed), acts = [], files = [], folders = ["."], open = new Map();
	let names = 0, said = 0;
	const any = (list) => list[chance(list.length)];
	const fresh = (kind) => `${any(folders)}/${kind}${names++}`;
	const file = () => (files.length && chance(12) ? any(files) : fresh("f"));
	const forget = (name) => files.includes(name) && files.splice(files.indexOf(name), 1);
	const fd = () => any([...open.keys()]);
	const make = (verb) => {
		const slot = chance(8), name = verb === "excl" || chance(3) === 0 ? fresh("f") : file();
		if (open.has(slot))
			acts.push(`close ${slot}`);
		open.set(slot, name);
		files.includes(name) || files.push(name);
		acts.push(`${verb} ${slot} ${name}`);
		if (chance(3))
			acts.push(`write ${slot} ${1 + chance(200)} ${any("abcdefgh")}`);
	};
	const kinds = [
		[9, () => make("create")], [5, () => make("trunc")], [2, () => make("excl")],
		[8, () => open.size && acts.push(`write ${fd()} ${1 + chance(chance(8) ? 300 : 20_000)} ${any("ijklmnop")}`)],
		[6, () => {
			const slots = chance(2) ? [...open.keys()] : [...open.keys()].slice(0, 1);
			slots.forEach((slot) => open.delete(slot) && acts.push(`close ${slot}`));
		}],
		[8, () => {
			const from = file(), to = chance(3) ? fresh("f") : file();
			acts.push(`rename ${from} ${to}`);
			if (files.includes(from) && from !== to)
				forget(from), files.includes(to) || files.push(to);
		}],
		[8, () => {
			const name = file();
			acts.push(`unlink ${name}`);
			forget(name);
		}],
		[2, () => {
			if (folders.length > 2) // what a program does often, where it does it often, it is foreseen for
				return;
			const name = fresh("d");
			acts.push(`mkdir ${name}`);
			folders.push(name);
		}],
		[1, () => {
			const name = any(folders);
			if (name === ".")
				return;
			acts.push(`rmdir ${name}`);
			if (![...files, ...folders].some((other) => other.startsWith(`${name}/`)))
				folders.splice(folders.indexOf(name), 1);
		}],
		[2, () => acts.push(`link ${file()} ${fresh("f")}`)],
		[1, () => acts.push(`symlink target${names} ${fresh("s")}`)],
		[3, () => open.size && acts.push(`size ${fd()} ${chance(400)}`)],
		[2, () => open.size && acts.push(`ftimes ${fd()} ${1 + chance(900_000)}`)],
		[3, () => files.length && acts.push(`times ${any(files)} ${1 + chance(900_000)}`)],
		...(syncs ? [[syncs, () => open.size && acts.push(`${chance(2) ? "sync" : "datasync"} ${fd()}`)]] : []),
		...(asks ? [[6, () => acts.push(`stat ${file()}`)], [3, () => acts.push(`list ${any(folders)}`)], [3, () => acts.push(`get ${file()}`)]] : []),
	];
	const sum = kinds.reduce((total, [weight]) => total + weight, 0);
	while (acts.length < length) {
		let left = chance(sum);
		kinds.find(([weight]) => (left -= weight) < 0)[1]();
		if (chance(saysEach) === 0)
			acts.push(`say ${said++}`);
	}
	acts.push(`say ${said}`);
	return acts;
}
