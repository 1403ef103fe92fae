//# allFunctionsCalledOnLoad
/* The programs of this tab that outlive their page: a note of each in its session storage, which a reload and a crash leave, and the key that proves whose they
 * are. Leaves to others: what is kept of them (the gateway, recording/keeping.js), running them (spawn.js). */
import { shownText } from "../base/bytes.js";
import { CLOSE, HELLO } from "../base/frames.js";
import { decodeKeptRun } from "../base/decode.js";
import { concatenate } from "../base/output.js";
import { GatewayLost, Refused } from "../base/errors.js";
import { keepPage } from "./leaving.js";

const NAME = "wvwasi.kept";
const LIST_MAX = 16;
const PROMPTS_MAX = 100;
/* A page that has just gone may still hold its connection. */
const RETRIES = 20, RETRY_MS = 100;

const prompts = new Map(); // key -> those of this page's program, the newest last

function notes() {
	try {
		return JSON.parse(sessionStorage.getItem(NAME) ?? "[]");
	} catch {
		return [];
	}
}

function store(list) {
	try {
		sessionStorage.setItem(NAME, JSON.stringify(list.slice(-LIST_MAX)));
		return true;
	} catch {
		return false;
	}
}

/** Those that resume() may find, the newest last: [{ name, url, args, since }] and what is resume()'s own. */
export const kept = () => notes();

/** Notes one. False: this page may not store anything. */
const note = entry => store([...notes().filter(({ key }) => key !== entry.key), entry]);

/** It is over. */
const forget = key => void store(notes().filter(its => its.key !== key));

/* Why run() can't keep it: a sentence, or null. */
function whyNot({ stdin, stdout, stderr, replay, inject, coherence }, module, isRecordable) {
	if (typeof module !== "string" && !(module instanceof URL))
		return "a program is kept only if it is given by its URL, since the next page has to load it again";
	if (!isRecordable)
		return "a component, and a program with imports of its own, can't be kept: what they did isn't recorded";
	if (stdin !== "pipe" && stdin !== "" && stdin !== null)
		return "a program is kept only if its stdin is \"pipe\" or nothing: the next page doesn't know what this one would have given it";
	if ([stdout, stderr].includes("inherit"))
		return "a program whose output is the gateway's can't be kept: the next page couldn't show it";
	if (replay !== undefined || inject !== undefined)
		return "a replay, and a program whose calls are made to fail, can't be kept";
	return coherence === "trap" ? "coherence \"trap\" and keep exclude each other" : null;
}

/** One program that is kept, or resumed, in its page. */
export class KeptRun {
	#options;
	#resumes;
	#program = null;
	#entry = null;
	#isLost = false;
	/** Does it begin only when the program first reads its input? Then it is no error if it can't be kept. */
	isLater;
	/** Is it kept now? */
	hasBegun = false;
	#page = null; // keepPage()'s
	#asks = false;

	/** options: spawn()'s, with keep, or with resumes: of kept() */
	constructor(options) {
		this.#options = { ...options };
		this.#resumes = options.resumes ?? null;
		this.isLater = this.#resumes === null && options.keepFrom === "input";
	}

	/** Once it is loaded: itself; or null: it can't be kept, which is told. Throws a TypeError if it was to be. program: which it is, as module.js names it */
	check(module, program, isRecordable) {
		const why = whyNot(this.#options, module, isRecordable);
		if (why !== null && !this.isLater)
			throw new TypeError(why);
		if (why !== null)
			this.unkept(why);
		this.#program = program;
		if (this.#resumes === null || program === this.#resumes.program)
			return why === null ? this : null;
		forget(this.#resumes.key);
		throw new GatewayLost("the program's file has changed since: what ran can't go on");
	}

	/** What says hello in makeHello()'s place, or null. flags: HELLO bits of the connection */
	hello(flags) {
		const its = this.#resumes, how = HELLO.RESUME | (this.#options.back ? HELLO.BACK : 0);
		return its && { hello: { flags: flags | how, guest: its.guest, key: its.key }, stdin: { bytes: new Uint8Array(0), eof: its.eof, rest: null } };
	}

	/** HELLO bits that ask for it. */
	get wish() {
		return HELLO.KEEP | (this.isLater ? HELLO.KEEP_LATER : 0);
	}

	/** What keepPage() gives, in its place: nobody has to be asked before a program is left that goes on. */
	page() {
		if (!this.isLater)
			return { ask() {}, release() {} };
		this.#page = keepPage();
		return {
			ask: () => {
				this.#asks = true;
				this.#page.ask();
			},
			release: () => this.#page.release(),
		};
	}

	/** HELLO bits that it began with, or null. */
	get flags() {
		return this.#resumes?.flags ?? null;
	}

	/** What open() gives; asked again while the page before, which is about to go, has the program. */
	async opened(open) {
		for (let left = RETRIES; ; left--) {
			try {
				return await open();
			} catch (error) {
				if (this.#resumes !== null && error instanceof Refused && (error.code !== CLOSE.WISHES || left === 0))
					forget(this.#resumes.key);
				if (this.#resumes === null || error.code !== CLOSE.WISHES || left === 0)
					throw error;
			}
			await new Promise(resolve => setTimeout(resolve, RETRY_MS));
		}
	}

	/** The control connection is open: gives what the worker needs, or null: it isn't kept. */
	async begin(module, { control, connection: { welcome }, hello, stdin }) {
		if (!welcome.kept) {
			this.unkept("this gateway keeps none (--limit keep, --once)");
			return null;
		}
		const coming = this.#resumes === null ? null : comebackOf(control);
		this.#entry = this.#resumes ?? {
			name: typeof this.#options.keep === "string" ? this.#options.keep : "", url: new URL(module, location.href).href, args: welcome.args.map(shownText),
			since: Date.now(), key: welcome.key, guest: welcome.guest, flags: hello.flags, eof: stdin.eof, program: this.#program,
		};
		if (!this.isLater)
			this.began();
		const comeback = await coming;
		return { comeback: this.#options.back ? this.#backTo(comeback) : comeback, isLater: this.isLater };
	}

	/** What a RecordingSender needs to know of the page before, whose comeback this is, if there is one; and where the next page knows it from. */
	recording(comeback) {
		return {
			before: comeback ? { head: this.#entry?.head, records: comeback.records, recorded: comeback.recorded } : null,
			onhead: head => {
				if (this.#entry === null)
					return;
				this.#entry.head = head;
				if (this.hasBegun)
					note(this.#entry);
			},
		};
	}

	/** Its worker says why it isn't kept any more; or null: it is from now on, and reads its input at this prompt: { batch, at, state, handles }. */
	heard({ why, prompt }) {
		if (why !== null)
			return this.unkept(why);
		if (prompt === undefined)
			return this.began();
		if (this.#entry)
			prompts.set(this.#entry.key, [...(prompts.get(this.#entry.key) ?? []).slice(-PROMPTS_MAX), prompt]);
		return undefined;
	}

	/* What it opened since is closed; what it closed since is gone. asked: has it asked the gateway for anything but input? */
	#backTo({ records, newest, recorded, handles }) {
		const all = prompts.get(this.#entry.key) ?? [], at = all.length - this.#options.back, to = all[at];
		const open = handles.filter(({ isOpen }) => isOpen).map(({ handle }) => handle);
		if (to === undefined)
			throw new Error("there is no way back to its prompt: this page doesn't know it");
		if (!to.handles.every(handle => open.includes(handle)))
			throw new Error("there is no way back to its prompt: since then it has closed what it had open there");
		prompts.set(this.#entry.key, all.slice(0, at));
		this.#options.onBack?.({ asked: newest - to.batch > all.length - 1 - at });
		return { records: records.subarray(0, to.at), base: newest, state: to.state, isCut: true, recorded, handles,
			closes: open.filter(handle => !to.handles.includes(handle)) };
	}

	/** From now on the gateway keeps it. */
	began() {
		this.hasBegun = true;
		this.#page?.release();
		if (!note(this.#entry))
			this.unkept("this page may not store anything (sessionStorage)");
	}

	/** It ends with this page. why: how a sentence ends */
	unkept(why) {
		if (this.#entry)
			forget(this.#entry.key);
		this.#entry = null;
		if (this.hasBegun && this.#page !== null)
			this.#page = keepPage();
		if (this.hasBegun && this.#asks)
			this.#page.ask();
		this.hasBegun = false;
		const sentence = `the program ends with its page: ${why}`;
		if (this.#options.onUnkept)
			this.#options.onUnkept(sentence);
		else
			console.warn(`wvwasi: ${sentence}`);
	}

	/** The gateway can't be reached: it may be kept there. */
	lost() {
		this.#isLost = true;
	}

	/** Has only its page lost it? Then nothing may end it at the gateway. */
	get goesOn() {
		return this.hasBegun && this.#isLost;
	}

	/** It is over. */
	end() {
		if (this.#entry && !this.#isLost)
			forget(this.#entry.key);
	}
}

/* What the gateway kept of it, from the frames that come to this ControlSide. */
function comebackOf(control) {
	const parts = [];
	return new Promise(resolve => {
		control.onkept = frame => {
			const { part, last } = decodeKeptRun(frame);
			if (part)
				return parts.push(part.slice());
			control.goOnFrom(last);
			return resolve({ ...last, records: concatenate(parts), state: last.state.slice() });
		};
	});
}
