//# allFunctionsCalledOnLoad
/* Instantiates a component by its plan, with the functions of WASI 0.2 and 0.3 over preview1's imports. */
import { builtins, lowered } from "./async-builtins.js";
import { asyncCliFunctions } from "./async-cli.js";
import { asyncFilesystemFunctions } from "./async-filesystem.js";
import { asyncHttpFunctions } from "./async-http.js";
import { asyncSocketFunctions } from "./async-sockets.js";
import { Tasks, runTask } from "./async-tasks.js";
import { cliFunctions } from "./cli.js";
import { filesystemFunctions } from "./filesystem.js";
import { Guest, Host } from "./host.js";
import { CANON, FUNCTIONS, functionOf } from "./interfaces.js";
import { httpFunctions } from "./http.js";
import { fieldsFunctions } from "./http-fields.js";
import { servingFunctions } from "./http-serving.js";
import { ioFunctions } from "./io.js";
import { networkFunctions } from "./network.js";
import { Service } from "./service.js";
import { tcpFunctions } from "./tcp.js";
import { TRAP, makeComponentTrampoline } from "./trampoline.js";
import { udpFunctions } from "./udp.js";

/**
 * A component's instance, for Runner: exports.memory is the host's, which program.memory is bound to; exports._start gives the exit code. fault(): why it
 * trapped, if that was our doing. serve: of one that answers requests, in _start's place.
 * @param {import("./plan.js").Plan} plan
 * @param {object} program
 * @param {{ calls: object, makeSockets: Function }} imports to be called by JavaScript: preview1's, makeImports()'s; WasmEdge's, made when first used
 * @param {object} way to wait
 */
export async function linkComponent(plan, program, imports, way) {
	const newHost = beside => {
		const wide = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
		const host = new Host(program, imports.calls, imports.makeSockets, wide, beside);
		host.tasks = new Tasks(host);
		return { wide, host };
	};
	const main = newHost(null), { host: { wasmMemory: memory } } = main;
	program.memory.bind(memory);
	if (plan.run !== null) {
		const { given, fault } = instantiated(plan, main, way);
		if (plan.lifted !== null)
			return { exports: { _start() {}, memory }, fault, serve: () => runLifted(plan, main.host, given, way) };
		return { exports: { _start: given(plan.run), memory }, fault };
	}
	const service = new Service(program, main.host, way, waits => {
		const its = newHost(main.host), { given, fault } = instantiated(plan, its, waits);
		return { host: its.host, handle: given(plan.handle), lifted: plan.lifted === null ? null : liftedBy(plan, given), fault };
	});
	return { exports: { _start() {}, memory }, fault: () => null, serve: () => service.serve() };
}

/* Runs the command of WASI 0.3: its exit code. */
async function runLifted(plan, host, given, way) {
	const steps = runTask(host, given(plan.run), liftedBy(plan, given), [], way);
	let step = steps.next();
	while (!step.done)
		step = steps.next(await step.value());
	return step.value[0] === 0 ? 0 : 1;
}

const liftedBy = ({ lifted: { isAsync, callback } }, given) => ({ isAsync, callback: callback === null ? null : given(callback) });

/* given: what an item of the plan is. In a worker, where the engine compiles what it instantiates at once. */
function instantiated(plan, { host, wide }, { wait, pinned }) {
	const state = { fault: null };
	const instances = [];
	const functions = beginnings(plan, host, state, item => given(item));
	const trampoline = makeComponentTrampoline(functions, Object.fromEntries(functions.map(({ name, begin }) => [name, begin])), { wait, pinned, wide });
	const given = item => ("traps" in item ? stubOf(item.traps) : "returns" in item ? returnOf(host) : "call" in item ? trampoline[item.call]
		: instances[item.from].exports[item.name]);
	for (const { module, args } of plan.steps) {
		const needed = mapped(args, arg => (typeof arg === "number" ? instances[arg].exports : mapped(arg, given)));
		instances.push(new WebAssembly.Instance(plan.modules[module], needed));
	}
	return { given, fault: () => state.fault };
}

/* task.return, whose type is the function's: it never waits. */
const returnOf = ({ tasks }) => (...values) => {
	if (tasks.returned !== null)
		throw new WebAssembly.RuntimeError("the component's function has two results");
	tasks.returned = values;
	tasks.onreturned?.(values);
};

const stubOf = name => () => {
	throw new WebAssembly.RuntimeError(`${name} was used up when the component was made`);
};

const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** All of WASI 0.2's and 0.3's functions that there are, by their keys in interfaces.js. */
export const functionsOf = host => ({
	...cliFunctions(host), ...ioFunctions(host), ...filesystemFunctions(host), ...networkFunctions(host), ...tcpFunctions(host), ...udpFunctions(host),
	...httpFunctions(host), ...fieldsFunctions(host), ...servingFunctions(host),
	...asyncCliFunctions(host), ...asyncSocketFunctions(host), ...asyncHttpFunctions(host), ...asyncFilesystemFunctions(host),
});

/* The plan's calls, as the trampoline begins them. What one throws is kept: the trampoline traps, since a program could catch an exception. */
function beginnings({ calls }, host, state, given) {
	const table = functionsOf(host), own = builtins(host);
	const guests = new Map();
	const fail = error => {
		state.fault ??= error;
		return TRAP;
	};
	return calls.map((call, i) => {
		const { key, signature, shape } = functionOf(call);
		const guest = guestOf(call, guests, given);
		const run = call.interface === CANON ? (...args) => own[key](call, ...args) : shape === null ? table[key] : lowered(host, table[key], shape);
		const within = FUNCTIONS.indexOf(key) + 1;
		return { name: String(i), signature, begin: (...args) => host.guarded(() => {
			host.begin(within);
			return run(guest, ...args);
		}, fail) };
	});
}

/* Calls with the same memory share what reads it. */
function guestOf({ memory, realloc }, guests, given) {
	if (memory === null)
		return null;
	const key = JSON.stringify([memory, realloc]);
	if (!guests.has(key))
		guests.set(key, new Guest(() => ({ memory: given(memory), realloc: realloc === null ? null : given(realloc) })));
	return guests.get(key);
}
