//# allFunctionsCalledOnLoad
/* What to do to run a component: which core modules are instantiated with what, and which function is its start. Read from its bytes; plain data, which can be
 * posted to a worker. Components that are made of one program (by wit-component: `jco new`, wasm-tools, cargo, wasi-sdk …) need no transpiler. Leaves
 * to others: doing it (link.js), and which interfaces there are (interfaces.js). */
import { ComponentBytes, NotRunnable } from "./bytes.js";
import { CANON } from "./interfaces.js";
import { isStub } from "./stub.js";

const MODULE = 1, CORE_INSTANCE = 2, CORE_TYPE = 3, COMPONENT = 4, INSTANCE = 5, ALIAS = 6, TYPE = 7, CANONICAL = 8, START = 9, IMPORT = 10, EXPORT = 11;
/* The canon built-ins by their numbers, and what follows: a type, options, async, a memory, a slot of the context. */
const TASK_RETURN = 0x09, ERRORS = [0x1c, 0x1e];
const CANONS = { 0x05: ["task.cancel"], 0x06: ["subtask.cancel", "a"], 0x0a: ["context.get", "c"], 0x0b: ["context.set", "c"], 0x0c: ["thread.yield", "a"],
	0x0d: ["subtask.drop"], 0x0e: ["stream.new", "t"], 0x0f: ["stream.read", "to"], 0x10: ["stream.write", "to"], 0x11: ["stream.cancel-read", "ta"],
	0x12: ["stream.cancel-write", "ta"], 0x13: ["stream.drop-readable", "t"], 0x14: ["stream.drop-writable", "t"], 0x15: ["future.new", "t"],
	0x16: ["future.read", "to"], 0x17: ["future.write", "to"], 0x18: ["future.cancel-read", "ta"], 0x19: ["future.cancel-write", "ta"],
	0x1a: ["future.drop-readable", "t"], 0x1b: ["future.drop-writable", "t"], 0x1f: ["waitable-set.new"], 0x20: ["waitable-set.wait", "am"],
	0x21: ["waitable-set.poll", "am"], 0x22: ["waitable-set.drop"], 0x23: ["waitable.join"], 0x24: ["backpressure.inc"], 0x25: ["backpressure.dec"] };
const HEAD = 8;
const NESTED = 16; // components within components
const STEPS = 10_000; // instances, of all components that are in it
const LATER = /^wasi:[^@]*@(?!0\.[0-3]\.)/; // than what we have
const AGAIN = 16; // a component within is read at each of its instances: so often, counted by the bytes of the whole

/**
 * @typedef {{ from: number, name: string }} Exported of the instance with this number
 * @typedef {{ call: number }} Called one of the plan's calls
 * @typedef {{ traps: string }} Stub a function that traps, by its name (stub.js)
 * @typedef {{ returns: true }} Returns task.return
 * @typedef {{ interface: string, name: string, memory: Exported | null, realloc: Exported | null, isAsync?: boolean, size?: number | null,
 *   slot?: number }} Call of an interface as the component names it, with its version; name: a function's, or "[resource-drop]" and a resource's; interface
 *   "canon": one of the component model's own. isAsync: as it is lowered; size: bytes of what its stream or future carries, null: of what isn't a number;
 *   slot: context.get's
 * @typedef {{ module: number, args: Record<string, number | Record<string, Exported | Called | Stub | Returns>> }} Step instantiate this module; number: an
 *   instance's
 * @typedef {{ isAsync: boolean, callback: Exported | null }} Lifted how a function of 0.3 is called
 * @typedef {{ isComponent: true, modules: WebAssembly.Module[], steps: Step[], calls: Call[], run: Exported | null, handle: Exported | null,
 *   lifted: Lifted | null, version: string | null }} Plan run: of a command; handle: of what answers HTTP requests; lifted: of 0.3
 */

/**
 * Is this a plan, where else there would be a WebAssembly.Module?
 * @param {any} compiled
 * @returns {compiled is Plan}
 */
export const isComponent = compiled => compiled?.isComponent === true;

/**
 * Reads a component and compiles its modules.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Plan>} rejects with a CompileError: the bytes are wrong, or it has what can't be run
 */
export async function planOf(bytes) {
	/** @type {Plan} */
	const plan = { isComponent: true, modules: [], steps: [], calls: [], run: null, handle: null, lifted: null, version: null };
	const modules = [], imports = [];
	try {
		const exports = new Scope({ plan, modules, imports, left: AGAIN * bytes.length }, null, null, 0).read(new ComponentBytes(bytes.subarray(HEAD)));
		for (const [name, item] of exports)
			for (const [is, its] of [["wasi:cli/run@", "run"], ["wasi:http/incoming-handler@", "handle"], ["wasi:http/handler@", "handle"]])
				if (name.startsWith(is) && item.exports?.get(its)?.lifted)
					startWith(plan, its, item.exports.get(its), name.slice(is.length));
	} catch (error) {
		if (!(error instanceof NotRunnable))
			throw error;
		const later = imports.filter(name => LATER.test(name)), needs = later.length > 0 ? ` needs ${later.join(", ")}, and` : "";
		throw new WebAssembly.CompileError(`the component${needs} ${error.message}, which this gateway can't run`);
	}
	plan.modules = await Promise.all(modules.map(module => WebAssembly.compile(module)));
	return plan;
}

function startWith(plan, name, { lifted, isAsync, callback }, version) {
	if (/^0\.[23]\.\d+$/.test(version))
		Object.assign(plan, { [name]: lifted, lifted: version.startsWith("0.3.") ? { isAsync, callback } : null, version });
}

/* One component: what it counts, by sort. An item of a component is { imported: { interface, name } } or { imported: { interface } } for an import of ours,
 * { exports: Map } for an instance, { lifted } for a function of its own; of core wasm, what the plan has. */
class Scope {
	#made;
	#plan;
	#outer;
	#args;
	#depth;
	#items = new Map(); // sort -> items
	#exports = new Map();

	/** made: { plan, modules: their bytes, imports: names of the whole's, left: bytes of components within that may still be read } */
	constructor(made, outer, args, depth) {
		this.#made = made;
		this.#plan = made.plan;
		this.#outer = outer;
		this.#args = args;
		this.#depth = depth;
		if (depth > NESTED)
			throw new NotRunnable("has components nested too deeply");
	}

	/** Gives its exports, by name. */
	read(bytes) {
		while (!bytes.atEnd) {
			const section = bytes.u8();
			const length = bytes.u32();
			if (section === MODULE)
				this.#add("core module", this.#made.modules.push(bytes.take(length)) - 1);
			else if (section === COMPONENT)
				this.#add("component", { bytes: bytes.take(length), scope: this });
			else if (section !== 0)
				this.#section(section, bytes.part(length));
			else
				bytes.take(length);
		}
		return this.#exports;
	}

	#section(section, bytes) {
		const read = {
			[CORE_INSTANCE]: () => this.#add("core instance", this.#coreInstance(bytes)),
			[INSTANCE]: () => this.#add("instance", this.#instance(bytes)),
			[ALIAS]: () => this.#alias(bytes),
			[TYPE]: () => this.#type(bytes),
			[CANONICAL]: () => this.#canon(bytes),
			[IMPORT]: () => this.#import(bytes),
			[EXPORT]: () => this.#export(bytes),
		}[section];
		if (section === CORE_TYPE)
			return void bytes.list(() => { throw new NotRunnable("has types of core modules"); });
		if (section === START)
			throw new NotRunnable("has a start function of its own");
		if (read === undefined)
			throw bytes.malformed();
		bytes.list(read);
		if (!bytes.atEnd)
			throw bytes.malformed();
	}

	#add(sort, item) {
		if (!this.#items.has(sort))
			this.#items.set(sort, []);
		this.#items.get(sort).push(item);
	}

	#item(sort, index) {
		const item = this.#items.get(sort)?.[index];
		if (item === undefined)
			throw new WebAssembly.CompileError(`the component is malformed: it has no ${sort} ${index}`);
		return item;
	}

	/* size: of a number's type, its bytes; carries: of a stream or future, the bytes of what it carries, 0: nothing; null: it is something else */
	#type(bytes) {
		const [size, element] = bytes.type();
		this.#add("type", { size, carries: typeof element === "object" && element !== null ? this.#item("type", element.index).size ?? null : element });
	}

	/* ---- core wasm ---- */

	#coreInstance(bytes) {
		if (bytes.u8() !== 0)
			return { exports: Object.fromEntries(bytes.list(() => [bytes.text(), this.#item(coreSort(bytes), bytes.u32())])) };
		const module = this.#item("core module", bytes.u32());
		const args = Object.fromEntries(bytes.list(() => {
			const name = bytes.text();
			bytes.u8();
			const { exports, at } = this.#item("core instance", bytes.u32());
			return [name, exports ?? at];
		}));
		if (this.#plan.steps.length >= STEPS)
			throw new NotRunnable("has too many instances");
		return { at: this.#plan.steps.push({ module, args }) - 1 };
	}

	#canon(bytes) {
		const kind = bytes.u8();
		if (kind === 0 || kind === 1) {
			bytes.u8();
			const index = bytes.u32();
			const options = this.#options(bytes);
			if (kind === 1)
				return this.#add("core func", this.#lower(this.#item("func", index), options));
			bytes.u32();
			return this.#add("func", { lifted: this.#item("core func", index), isAsync: options.isAsync, callback: options.callback });
		}
		if (kind === 3) {
			const { imported } = this.#item("type", bytes.u32());
			if (imported === undefined)
				throw new NotRunnable("has resources of its own");
			return this.#add("core func", this.#call({ interface: imported.interface, name: `[resource-drop]${imported.name}`, memory: null, realloc: null }));
		}
		if (kind === 2 || kind === 4)
			throw new NotRunnable("has resources of its own");
		return this.#add("core func", this.#builtin(kind, bytes));
	}

	/* Those of tasks, streams and futures. */
	#builtin(kind, bytes) {
		if (kind === TASK_RETURN) {
			bytes.resultList();
			this.#options(bytes);
			return { returns: true };
		}
		const [name, what = ""] = CANONS[kind] ?? [];
		if (name === undefined)
			throw new NotRunnable(kind >= ERRORS[0] && kind <= ERRORS[1] ? "has error contexts" : "has threads, or what is newer than WASI 0.3.0");
		const call = { interface: CANON, name, memory: null, realloc: null, isAsync: false };
		for (const letter of what)
			switch (letter) {
			case "t": // a stream's or future's type
				call.size = this.#item("type", bytes.u32()).carries;
				break;
			case "o":
				Object.assign(call, this.#canonOptions(bytes));
				break;
			case "a": // async, or that it may be cancelled
				call.isAsync = bytes.u8() === 1;
				break;
			case "m":
				call.memory = this.#item("core memory", bytes.u32());
				break;
			case "c": // a slot of the task's, of i32
				bytes.u8();
				call.slot = bytes.u32();
				if (call.slot > 1)
					throw bytes.malformed();
			}
		return this.#call(call);
	}

	#canonOptions(bytes) {
		const { memory, realloc, isAsync } = this.#options(bytes);
		return { memory, realloc, isAsync };
	}

	#options(bytes) {
		const options = { memory: null, realloc: null, isAsync: false, callback: null };
		bytes.list(() => {
			const option = bytes.u8();
			if (option === 3)
				options.memory = this.#item("core memory", bytes.u32());
			else if (option === 4)
				options.realloc = this.#item("core func", bytes.u32());
			else if (option === 5)
				bytes.u32();
			else if (option === 1 || option === 2)
				throw new NotRunnable("has strings that aren't UTF-8");
			else if (option === 6)
				options.isAsync = true;
			else if (option === 7)
				options.callback = this.#item("core func", bytes.u32());
			else if (option !== 0)
				throw new NotRunnable("has functions of an unknown kind");
		});
		return options;
	}

	#lower({ imported, lifted }, { memory, realloc, isAsync }) {
		if (imported === undefined && lifted?.from !== undefined && isStub(this.#made.modules[this.#plan.steps[lifted.from].module], lifted.name))
			return { traps: lifted.name };
		if (imported === undefined)
			throw new NotRunnable("is made of several components that call each other");
		return this.#call({ ...imported, memory, realloc, isAsync });
	}

	#call(call) {
		return { call: this.#plan.calls.push(call) - 1 };
	}

	/* ---- components ---- */

	#instance(bytes) {
		if (bytes.u8() !== 0)
			return { exports: new Map(bytes.list(() => [bytes.externName(), this.#item(bytes.sort(), bytes.u32())])) };
		const { bytes: its, scope } = this.#item("component", bytes.u32());
		this.#made.left -= its.length;
		if (this.#made.left < 0)
			throw new NotRunnable("has too many instances");
		const args = new Map(bytes.list(() => [bytes.text(), this.#item(bytes.sort(), bytes.u32())]));
		return { exports: new Scope(this.#made, scope, args, this.#depth + 1).read(new ComponentBytes(its.subarray(HEAD))) };
	}

	#alias(bytes) {
		const { sort, of, count, index, instance, name } = bytes.alias();
		if (of === "outer")
			return this.#add(sort, this.#outerItem(sort, count, index));
		if (of === "core export") {
			const { exports, at } = this.#item("core instance", instance);
			return this.#add(sort, exports === undefined ? { from: at, name } : this.#have(Object.hasOwn(exports, name) ? exports[name] : undefined, name));
		}
		const { exports, imported } = this.#item("instance", instance);
		return this.#add(sort, this.#have(imported === undefined ? exports?.get(name) : { imported: { interface: imported.interface, name } }, name));
	}

	#have(item, name) {
		if (item === undefined)
			throw new WebAssembly.CompileError(`the component is malformed: an instance has no "${name}"`);
		return item;
	}

	#outerItem(sort, count, index) {
		return count > 0 && this.#outer !== null ? this.#outer.#outerItem(sort, count - 1, index) : this.#item(sort, index);
	}

	#import(bytes) {
		const name = bytes.externName();
		const sort = bytes.externDescription();
		if (this.#args !== null && !this.#args.has(name))
			throw new WebAssembly.CompileError(`the component is malformed: nothing is given for "${name}"`);
		if (this.#args === null)
			this.#made.imports.push(name);
		this.#add(sort, this.#args === null ? { imported: sort === "instance" ? { interface: name } : { interface: "", name } } : this.#args.get(name));
	}

	#export(bytes) {
		const name = bytes.externName();
		const sort = bytes.sort();
		const item = this.#item(sort, bytes.u32());
		if (bytes.u8() !== 0)
			bytes.externDescription();
		this.#exports.set(name, item);
		this.#add(sort, item);
	}
}

function coreSort(bytes) {
	const names = { 0: "core func", 1: "core table", 2: "core memory", 3: "core global", 4: "core tag" };
	const sort = names[bytes.u8()];
	if (sort === undefined)
		throw bytes.malformed();
	return sort;
}
