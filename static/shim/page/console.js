//# allFunctionsCalledOnLoad
/* Sends the page's console and uncaught errors to a debugger: only if the page asked for it (run(…, { debug: { console: true }
 * })), and only while a debugger is attached. The console still prints. */
const LEVELS = { debug: 0, log: 1, info: 2, warn: 3, error: 4 };
const UNCAUGHT = 5, REJECTED = 6;
const TEXT_MAX = 4096;

export class PageConsole {
	#say;
	#own = null; // the console's own functions, while ours stand in
	#onerror = event => this.#tell(UNCAUGHT, [event.error ?? event.message]);
	#onrejection = event => this.#tell(REJECTED, [event.reason]);

	/** say: (level, text), docs/PROTOCOL.md's CONSOLE. */
	constructor(say) {
		this.#say = say;
	}

	listen(on) {
		if (on === (this.#own !== null))
			return;
		const how = on ? "addEventListener" : "removeEventListener";
		globalThis[how]("error", this.#onerror);
		globalThis[how]("unhandledrejection", this.#onrejection);
		if (!on) {
			Object.assign(console, this.#own);
			this.#own = null;
			return;
		}
		this.#own = {};
		for (const [name, level] of Object.entries(LEVELS)) {
			const own = this.#own[name] = console[name];
			console[name] = (...values) => {
				own.apply(console, values);
				this.#tell(level, values);
			};
		}
	}

	/* Never throws: a debugger mustn't make the page's own logging fail. */
	#tell(level, values) {
		try {
			this.#say(level, values.map(shown).join(" ").slice(0, TEXT_MAX));
		} catch {
			// its connection is gone
		}
	}
}

function shown(value) {
	if (value instanceof Error)
		return value.stack?.includes(value.message) ? value.stack : `${value}\n${value.stack ?? ""}`.trimEnd(); // not every stack begins with the message
	if (typeof value !== "object" || value === null)
		return String(value);
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		return Object.prototype.toString.call(value);
	}
}
