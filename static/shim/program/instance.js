//# allFunctionsCalledOnLoad
/* Instances of programs: before their guest is there, and of those that import sockets. WasmEdge has two versions of four functions under the same names,
 * and no engine tells an import's type; so a program gets the newest, and where it doesn't link, the others one after the other: sixteen at most, and
 * nothing runs before it links. Other programs pay nothing: the sockets' trampoline is made when an import first asks for one of its functions. */
import { makeLate } from "../base/late.js";
import { EXTENSIONS, SOCKET_ALIASES, SOCKET_NAMES } from "../base/signatures.js";

const PREVIEW1 = "wasi_snapshot_preview1";

export class SocketImports {
	#make;
	#functions = null;

	/** make: gives the functions by their keys in SOCKETS. */
	constructor(make) {
		this.#make = make;
	}

	#function(key) {
		this.#functions ??= this.#make();
		return this.#functions[key];
	}

	/** Adds them to preview1's functions, in their newest version. */
	addTo(preview1) {
		for (const [name, keys] of Object.entries(SOCKET_NAMES))
			if (!Object.hasOwn(preview1, name))
				Object.defineProperty(preview1, name, { get: () => this.#function(keys[0]), configurable: true });
		for (const [name, its] of Object.entries(SOCKET_ALIASES))
			Object.defineProperty(preview1, name, { value: preview1[its], configurable: true });
	}

	/**
	 * Instantiates with the version that links. Rejects as WebAssembly.instantiate does with the newest.
	 * @param {WebAssembly.Module} module
	 * @param {WebAssembly.Imports} imports
	 */
	async instantiate(module, imports) {
		try {
			return await WebAssembly.instantiate(module, imports);
		} catch (error) {
			if (!(error instanceof WebAssembly.LinkError))
				throw error;
			for (const others of this.#others(module)) {
				const instance = await linked(module, { ...imports, [PREVIEW1]: withOthers(imports[PREVIEW1], others) });
				if (instance !== null)
					return instance;
			}
			throw error;
		}
	}

	/* Each further choice of versions for what the module imports: { name: function }. */
	*#others(module) {
		const names = new Set(WebAssembly.Module.imports(module).filter(({ module: from }) => from === PREVIEW1).map(({ name }) => name));
		const open = [...names].filter(name => Object.hasOwn(SOCKET_NAMES, name) && olderOf(name) !== undefined);
		for (let choice = 1; choice < 1 << open.length; choice++)
			yield Object.fromEntries(open.filter((_, i) => choice >> i & 1).map(name => [name, this.#function(olderOf(name))]));
	}
}

/* Preview1's own is the newer one of sock_accept. */
const olderOf = name => (name === "sock_accept" ? SOCKET_NAMES[name][0] : SOCKET_NAMES[name][1]);

/* Spreading would leave out the functions that are made when they are asked for. */
const withOthers = (preview1, others) => Object.create(preview1, Object.getOwnPropertyDescriptors(others));

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Imports} imports
 */
async function linked(module, imports) {
	try {
		return await WebAssembly.instantiate(module, imports);
	} catch (error) {
		if (error instanceof WebAssembly.LinkError)
			return null;
		throw error;
	}
}

/** { wasi_snapshot_preview1, wvwasi }: the functions by the module that a program imports them from. */
export function byModule(functions) {
	const modules = { wasi_snapshot_preview1: {}, wvwasi: {} };
	for (const [name, its] of Object.entries(functions))
		modules[Object.hasOwn(EXTENSIONS, name) ? "wvwasi" : "wasi_snapshot_preview1"][name] = its;
	return modules;
}

/**
 * An instance of a program whose guest isn't there yet; fill: with what makeTrampoline() gives, before it begins. Null: it imports other functions, or called
 * one while it was instantiated, which is then to be done again: nobody has seen anything of it.
 * @param {WebAssembly.Module | import("../component/plan.js").Plan} module
 * @returns {Promise<{ instance: WebAssembly.Instance, fill: (functions: WebAssembly.Exports) => void } | null>}
 */
export async function instantiateEarly(module) {
	if (!(module instanceof WebAssembly.Module))
		return null;
	const { functions, fill } = makeLate();
	const imports = byModule(functions);
	if (!WebAssembly.Module.imports(module).every(({ module: from, name }) => Object.hasOwn(imports, from) && Object.hasOwn(imports[from], name)))
		return null;
	try {
		return { instance: await WebAssembly.instantiate(module, imports), fill };
	} catch {
		return null;
	}
}
