// A debugger beside each gateway of a test run, for suites that mustn't notice it. WVWASI_TEST_DEBUGGER says what it does:
//   watch    it looks on, from before the first program
//   data     and is shown what files contain
//   control  and takes control of every program
//   random   it comes and goes, takes control, stops, steps and lets go, at random moments; WVWASI_SEED picks others
// What goes wrong at its end (a frame that it can't read, a connection that the gateway cut) ends the test's process, with the reason.
import * as codec from "../../static/inspector/codec.js";
import { pause, within } from "../engines/deadline.js";
import { ASK, Debugger, GO, MODE, STATE, TO_DEBUGGER } from "../gateway/debugger.js";
import { dice } from "../concurrent-changes.js";

const ASKS = { watch: [], data: [ASK.DATA], control: [ASK.CONTROL] };
const CONTROL_SCOPE = 2;
const TOO_SLOW = 4413; // the test's process was busy for five seconds: the gateway cut it, as it should
const PAUSE_MS = 60; // at most, between two things that a random one does
const END_MS = 5000; // a connection may close a moment before the gateway's end is heard of

class Attached {
	#gateway;
	#debugger;
	#controls; // every program, at once
	#scope = 0;
	#programs = new Map(); // id -> { mode, state }
	#leaving = false;

	constructor(gateway, its, { controls = false } = {}) {
		this.#gateway = gateway;
		this.#debugger = its;
		this.#controls = controls;
		its.keeps = false;
		its.onframe = (frame) => this.#take(frame);
	}

	#take({ type, program, mode, state, scope }) {
		if (type === TO_DEBUGGER.SCOPE)
			this.#scope = scope;
		else if (type === TO_DEBUGGER.PROGRAM)
			this.#programs.set(program, { mode: MODE.WATCHED, state: STATE.RUNS });
		else if (type === TO_DEBUGGER.ENDED)
			this.#programs.delete(program);
		else if (type === TO_DEBUGGER.STATE)
			this.#programs.set(program, { mode, state });
		if (type === TO_DEBUGGER.PROGRAM && this.#controls && this.#scope === CONTROL_SCOPE)
			this.#debugger.send(codec.encodeAttach(program, true));
	}

	/** Connects and asks for this; the user at the terminal says yes. */
	async come(asks) {
		this.#leaving = false;
		await this.#debugger.hello();
		this.#debugger.closed.then((how) => this.#closed(how, asks));
		for (const what of asks)
			await this.#ask(what);
	}

	async #closed({ code, reason }, asks) {
		this.#programs.clear();
		this.#scope = 0;
		if (this.#leaving)
			return;
		if (code === TOO_SLOW)
			return void await this.come(asks);
		await within(this.#gateway.ended, END_MS, `the debugger's connection was closed (${code} ${reason}); the gateway`);
	}

	async #ask(what) {
		const asked = new Promise((resolve) => this.#gateway.events.once("question", resolve));
		const told = this.#debugger.next(TO_DEBUGGER.SCOPE);
		this.#debugger.send(codec.encodeAsk(what));
		this.#gateway.say({ do: "answer", question: (await asked).question, yes: true });
		await told;
	}

	async #leave() {
		this.#leaving = true;
		this.#debugger.socket.terminate();
		await this.#debugger.closed;
	}

	/** Until the gateway ends. */
	async wander(chance) {
		let ended = false;
		this.#gateway.ended.then(() => (ended = true));
		try {
			while (!ended) {
				await this.come([[ASK.CONTROL], [ASK.CONTROL], [ASK.DATA], []][chance(4)]);
				for (let left = chance(8); left > 0 && !ended; left--) {
					await pause(chance(PAUSE_MS));
					this.#meddle(chance);
				}
				await this.#leave();
				await pause(chance(PAUSE_MS));
			}
		} catch (error) {
			await within(this.#gateway.ended, END_MS, `${error.message}; the gateway`);
		}
	}

	/* Something that who has control may do, to each program. */
	#meddle(chance) {
		if (this.#scope !== CONTROL_SCOPE)
			return;
		for (const [program, { mode, state }] of this.#programs) {
			const attach = (on) => codec.encodeAttach(program, on), go = (what) => codec.encodeGo(program, what);
			if (mode !== MODE.CONTROLLED)
				this.#debugger.send(attach(true));
			else if (state >= STATE.BEFORE)
				this.#debugger.send([go(GO.RESUME), go(GO.STEP), attach(false)][chance(3)]);
			else
				this.#debugger.send([go(GO.STOP), go(GO.STOP), attach(false)][chance(3)]);
		}
	}
}

/**
 * Returns when it looks on.
 * @param {import("../gateway/gateway.js").Gateway} gateway that has just started
 * @param {string} kind one of those above
 */
export async function attach(gateway, kind) {
	if (kind !== "random" && !Object.hasOwn(ASKS, kind))
		throw new Error(`WVWASI_TEST_DEBUGGER is ${Object.keys(ASKS).join(", ")} or random, not '${kind}'`);
	const attached = new Attached(gateway, await Debugger.claim(gateway), { controls: kind === "control" });
	if (kind === "random")
		attached.wander(dice(Number(process.env.WVWASI_SEED ?? Date.now() % 1e6)));
	else
		await attached.come(ASKS[kind]);
}
