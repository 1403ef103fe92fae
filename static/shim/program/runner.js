//# allFunctionsCalledOnLoad
/* Runs an instance through a program and a way to wait: start, exports as promises, the end. Used by worker.js and wasi.js. */
import { WATCH, encodeConsole } from "../base/codec.js";
import { linkComponent } from "../component/link.js";
import { isComponent } from "../component/plan.js";
import { ProcessExit } from "../base/errors.js";
import { makeImports, makeSocketImports } from "../imports/index.js";
import { SOCKET_SIGNATURES } from "../base/signatures.js";
import { makeTrampoline } from "../base/trampoline.js";
import { jspiWay } from "../wait/jspi.js";
import { sharedWay } from "../wait/shared.js";
import { xhrWay } from "../wait/xhr.js";
import { SocketImports, byModule } from "./instance.js";

const CONSOLE_ERROR = 4;
const WAYS = { jspi: jspiWay, shared: sharedWay, xhr: xhrWay };

export class Runner {
	#program;
	#way;
	#turn = Promise.resolve();
	#functions;
	#sockets;
	/** What to instantiate with. */
	imports;

	/** link: what the way to wait needs: { connection, key, ring, onroom }. */
	constructor(program, wait, link) {
		this.#program = program;
		this.#way = WAYS[wait](program, link);
		program.onlooked = link.onlooked ?? (bytes => link.connection?.send(bytes));
		program.onfault = text => link.connection?.send(encodeConsole(CONSOLE_ERROR, text));
		const { wait: waits, pinned } = this.#way;
		this.#functions = makeTrampoline(makeImports(program), waits, pinned);
		this.imports = byModule(this.#functions);
		this.#sockets = new SocketImports(() => makeTrampoline(makeSocketImports(program), waits, pinned, SOCKET_SIGNATURES));
		this.#sockets.addTo(this.imports.wasi_snapshot_preview1);
	}

	/**
	 * An instance of the program with our imports and the app's. Rejects with a LinkError, or what its start function threw.
	 * @param {WebAssembly.Module | import("../component/plan.js").Plan} module
	 * @param {WebAssembly.Imports} [imports]
	 * @param {Awaited<ReturnType<typeof import("./instance.js").instantiateEarly>>} [early] one that was made before
	 */
	async instantiate(module, imports = {}, early = null) {
		if (early !== null) {
			early.fill(this.#functions);
			return early.instance;
		}
		if (isComponent(module))
			return linkComponent(module, this.#program, { calls: makeImports(this.#program), makeSockets: () => makeSocketImports(this.#program) }, this.#way);
		return this.#sockets.instantiate(module, { ...imports, ...this.imports });
	}

	/** Before the program begins: asks for what its last start asked for, all in one wait. Not while a debugger is attached. */
	async prepare() {
		const { cache, watching } = this.#program;
		if (watching[0] !== WATCH.NOBODY || !cache.begin())
			return;
		this.#program.settle(() => this.#program.cache.afterAllSends(() => 0));
		await this.#way.finish();
	}

	/** Runs _start to its end; gives the exit code, which a component's returns. Rejects with the trap, or GatewayLost. */
	async start(instance) {
		this.#bind(instance);
		const { _start: start } = instance.exports;
		if (typeof start !== "function")
			throw new TypeError("the module has no _start: give a reactor to initialize()");
		let code;
		try {
			code = await (instance.serve ?? this.#way.enter(start))();
		} catch (error) {
			return await this.#over(instance.fault?.() ?? error);
		}
		await this.#recorded({ exit: code ?? 0 });
		return this.exit(code ?? 0);
	}

	/* Nothing tells of the end before the recording is whole, or before a replay was compared with its own. */
	async #recorded(end) {
		this.#program.replay?.finish();
		await this.#program.recorder?.finish(end);
	}

	/** Tells the server that the program is over; all that it did is done then. */
	async exit(code) {
		this.#program.exit(code);
		await this.#way.finish();
		if (this.#program.pipeline.lost)
			throw this.#program.pipeline.lost;
		this.#program.output.flush();
		return code;
	}

	/** Runs _initialize; gives the exports, functions as promises, one at a time: a guest has one stack in its memory. */
	async initialize(instance) {
		this.#bind(instance);
		const exports = {};
		for (const [name, value] of Object.entries(instance.exports))
			exports[name] = typeof value === "function" && name !== "_initialize" ? this.#inTurn(value) : value;
		if (typeof instance.exports._initialize === "function")
			await this.#inTurn(instance.exports._initialize)();
		return exports;
	}

	#inTurn(run) {
		const enter = this.#way.enter(run);
		return (...args) => {
			const turn = this.#turn.then(async () => {
				this.#program.cache.fence(); // the caller may know of others' changes
				try {
					return await enter(...args);
				} catch (error) {
					throw new ProcessExit(await this.#over(error));
				} finally {
					if (!this.#program.exited && !this.#program.pipeline.lost)
						await this.#settle(); // the export's caller may look at its files now
					this.#program.output.flush();
				}
			});
			this.#turn = turn.catch(() => {});
			return turn;
		};
	}

	/* The stack was left by a trap: proc_exit's, the gateway's loss, or the program's own. Gives the exit code, or throws. The program's writes before its own
	 * trap are done: it had been told so. */
	async #over(error) {
		const { pipeline, exited, output, leaves } = this.#program;
		if (leaves !== null)
			return this.#leave(leaves);
		if (!exited && !pipeline.lost)
			await this.#settle();
		output.flush();
		if (exited)
			return exited.code;
		await this.#recorded(pipeline.lost ? { lost: pipeline.lost.message } : { trap: error.message });
		if (pipeline.lost)
			throw pipeline.lost;
		throw error;
	}

	/* A recorded program ends itself, or a replay does. */
	async #leave({ exit, signal, begin, error }) {
		const program = this.#program;
		program.output.flush();
		if (error)
			throw error;
		await this.#recorded(signal === undefined ? { exit } : { signal });
		program.leaves = null;
		if (begin)
			begin();
		else
			program.exit(exit ?? 128 + signal);
		await this.#way.finish();
		if (program.pipeline.lost && !program.exited)
			throw program.pipeline.lost;
		program.output.flush();
		return program.exited.code;
	}

	async #settle() {
		if (this.#program.pipeline.settled)
			return;
		this.#program.settle(() => 0);
		await this.#way.finish();
	}

	#bind(instance) {
		if (!(instance.exports.memory instanceof WebAssembly.Memory))
			throw new TypeError("the instance exports no memory");
		this.#program.memory.bind(instance.exports.memory);
	}

	close(how) {
		this.#way.close(how);
	}
}
