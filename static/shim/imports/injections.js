//# allFunctionsCalledOnLoad
/* What --inject says goes wrong with a program's calls (server/base/injections.h): it happens here, where the program calls, so that a call counts whether
 * the page answers it or the server. The calls that the page makes of itself count for nothing. */
import { shownText } from "../base/bytes.js";
import { GatewayLost } from "../base/errors.js";
import { globToRegExp } from "../base/glob.js";
import { MISS } from "../base/trampoline.js";

const ANY_FD = 0xFFFFFFFF;

/** One rule, and how far one program has come in it. */
class Injection {
	#rule;
	#path;
	#seen = 0;
	#random;

	/** rule: one of the WELCOME's `injections` */
	constructor(rule) {
		this.#rule = rule;
		this.#path = rule.path === "" ? null : globToRegExp(rule.path);
		this.#random = rule.seed;
	}

	get rule() {
		return this.#rule;
	}

	get needsPaths() {
		return this.#path !== null;
	}

	/** Does it happen to the next call, with these descriptors and paths? Counts it. */
	isDue(fds, paths) {
		const { fd, first, last, step, chance } = this.#rule;
		if ((fd !== ANY_FD && !fds.includes(fd)) || (this.#path !== null && !paths.some(path => this.#path.test(path))))
			return false;
		this.#seen++;
		if (this.#seen < first || this.#seen > last || (this.#seen - first) % step !== 0)
			return false;
		this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
		return chance === 0xFFFFFFFF || this.#random < chance;
	}
}

/** A program's injections; for a program without, makeImports() doesn't ask. */
export class Injections {
	#program;
	#all;
	#needsPaths;
	#paths = new WeakMap(); // descriptor -> the path by which it was opened, from a preopen's name on

	constructor(program, rules) {
		this.#program = program;
		this.#all = rules.map(rule => new Injection(rule));
		this.#needsPaths = this.#all.some(({ needsPaths }) => needsPaths);
	}

	/**
	 * `begin` of an import, with what happens to its calls.
	 * number, row: of the tables of calls and of imports (signatures.js); endsProgram: it has no error to give.
	 */
	into(begin, number, { takes }, endsProgram) {
		const its = this.#all.filter(({ rule }) => rule.calls.includes(number));
		const opens = this.#needsPaths ? takes.find(({ letter }) => letter === "h") : undefined;
		const places = takes.filter(({ letter }) => letter === "f");
		if (its.length === 0 && opens === undefined)
			return begin;
		return (...raw) => {
			const paths = this.#needsPaths ? this.#pathsOf(takes, raw) : [];
			const due = its.filter(injection => injection.isDue(places.map(({ at }) => raw[at] >>> 0), paths)).map(({ rule }) => rule);
			const run = due.length === 0 ? () => begin(...raw) : () => this.#apply(due, () => begin(...raw), endsProgram);
			return opens === undefined ? run() : this.#after(run(), errno => this.#opened(errno, raw[opens.at], paths[0]));
		};
	}

	#apply(due, begin, endsProgram) {
		const program = this.#program;
		const error = endsProgram ? undefined : due.find(({ errno }) => errno !== 0);
		const sum = name => due.reduce((all, rule) => all + rule[name], 0);
		const act = () => {
			if (due.some(({ lost }) => lost)) {
				program.pipeline.lose(new GatewayLost("--inject cut the connection to the gateway", { code: 0 }));
				return program.settle(() => 0);
			}
			if (error !== undefined)
				return error.errno;
			program.memory.most = Math.min(...due.map(({ bytes }) => bytes || Infinity));
			try {
				return begin();
			} finally {
				program.memory.most = Infinity;
			}
		};
		return this.#sleep(sum("enterNs"), () => this.#after(act(), errno => this.#sleep(sum("exitNs"), () => errno)));
	}

	#sleep(ns, then) {
		const program = this.#program;
		if (ns === 0)
			return then();
		if (!program.canSleep) {
			for (const end = performance.now() + ns / 1e6; performance.now() < end;);
			return then();
		}
		program.sleepNs = ns;
		return program.settle(() => {
			program.memory.refresh();
			return then();
		});
	}

	/* then(errno), at once or when the call's answer is there. */
	#after(result, then) {
		if (result !== MISS)
			return then(result);
		const { pipeline } = this.#program;
		const { finish } = pipeline;
		pipeline.finish = () => this.#after(finish(), then);
		return MISS;
	}

	/* The paths that a call names, and those of the descriptors that it names. */
	#pathsOf(takes, raw) {
		const { memory, fds } = this.#program;
		const paths = [];
		let folder = "";
		for (const { letter, at } of takes) {
			if (letter === "f")
				folder = this.#pathOf(fds.get(raw[at]));
			if (letter === "p" && memory.holds(raw[at], raw[at + 1] >>> 0))
				paths.push(normal(`${folder}/${shownText(memory.read(raw[at], raw[at + 1] >>> 0))}`));
		}
		return paths.length > 0 ? paths : [folder];
	}

	#pathOf(descriptor) {
		return descriptor === undefined ? "" : this.#paths.get(descriptor) ?? descriptor.name ?? "";
	}

	#opened(errno, pointer, path) {
		const { memory, fds } = this.#program;
		const descriptor = errno === 0 ? fds.get(memory.u32(pointer)) : undefined;
		if (descriptor !== undefined && path !== undefined)
			this.#paths.set(descriptor, path);
		return errno;
	}
}

/* By its text: a link on the way isn't followed. */
function normal(path) {
	const names = [];
	for (const name of path.split("/"))
		if (name === "..")
			names.pop();
		else if (name !== "" && name !== ".")
			names.push(name);
	return `/${names.join("/")}`;
}
