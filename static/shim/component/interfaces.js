//# allFunctionsCalledOnLoad
/* The functions of WASI 0.2 that components may import, as core wasm sees them, and what is missing for a component. Leaves to others: what they do (cli.js,
 * io.js, filesystem.js).
 *
 * A signature has the parameters, i = i32, I = i64, then after ">" the result, if there is one. It follows from the interfaces' WIT by the canonical ABI: a
 * handle, flag or enum is an i32, a string or list a pointer and a length; a result of more than one value is stored where the last parameter points to. */

export const INTERFACES = Object.freeze({
	"wasi:cli/environment": { "get-environment": "i", "get-arguments": "i", "initial-cwd": "i" },
	"wasi:cli/exit": { exit: "i", "exit-with-code": "i" },
	"wasi:cli/stdin": { "get-stdin": ">i" },
	"wasi:cli/stdout": { "get-stdout": ">i" },
	"wasi:cli/stderr": { "get-stderr": ">i" },
	"wasi:cli/terminal-input": {},
	"wasi:cli/terminal-output": {},
	"wasi:cli/terminal-stdin": { "get-terminal-stdin": "i" },
	"wasi:cli/terminal-stdout": { "get-terminal-stdout": "i" },
	"wasi:cli/terminal-stderr": { "get-terminal-stderr": "i" },
	"wasi:clocks/monotonic-clock": { now: ">I", resolution: ">I", "subscribe-instant": "I>i", "subscribe-duration": "I>i" },
	"wasi:clocks/wall-clock": { now: "i", resolution: "i" },
	"wasi:random/random": { "get-random-bytes": "Ii", "get-random-u64": ">I" },
	"wasi:random/insecure": { "get-insecure-random-bytes": "Ii", "get-insecure-random-u64": ">I" },
	"wasi:random/insecure-seed": { "insecure-seed": "i" },
	"wasi:io/error": { "[method]error.to-debug-string": "ii" },
	"wasi:io/poll": { "[method]pollable.ready": "i>i", "[method]pollable.block": "i", poll: "iii" },
	"wasi:io/streams": {
		"[method]input-stream.read": "iIi", "[method]input-stream.blocking-read": "iIi",
		"[method]input-stream.skip": "iIi", "[method]input-stream.blocking-skip": "iIi", "[method]input-stream.subscribe": "i>i",
		"[method]output-stream.check-write": "ii", "[method]output-stream.write": "iiii", "[method]output-stream.blocking-write-and-flush": "iiii",
		"[method]output-stream.flush": "ii", "[method]output-stream.blocking-flush": "ii", "[method]output-stream.subscribe": "i>i",
		"[method]output-stream.write-zeroes": "iIi", "[method]output-stream.blocking-write-zeroes-and-flush": "iIi",
		"[method]output-stream.splice": "iiIi", "[method]output-stream.blocking-splice": "iiIi",
	},
	"wasi:filesystem/preopens": { "get-directories": "i" },
	"wasi:filesystem/types": {
		"[method]descriptor.read-via-stream": "iIi", "[method]descriptor.write-via-stream": "iIi", "[method]descriptor.append-via-stream": "ii",
		"[method]descriptor.advise": "iIIii", "[method]descriptor.sync-data": "ii", "[method]descriptor.sync": "ii",
		"[method]descriptor.get-flags": "ii", "[method]descriptor.get-type": "ii", "[method]descriptor.set-size": "iIi",
		"[method]descriptor.set-times": "iiIiiIii", "[method]descriptor.read": "iIIi", "[method]descriptor.write": "iiiIi",
		"[method]descriptor.read-directory": "ii", "[method]descriptor.create-directory-at": "iiii",
		"[method]descriptor.stat": "ii", "[method]descriptor.stat-at": "iiiii", "[method]descriptor.set-times-at": "iiiiiIiiIii",
		"[method]descriptor.link-at": "iiiiiiii", "[method]descriptor.open-at": "iiiiiii", "[method]descriptor.readlink-at": "iiii",
		"[method]descriptor.remove-directory-at": "iiii", "[method]descriptor.rename-at": "iiiiiii", "[method]descriptor.symlink-at": "iiiiii",
		"[method]descriptor.unlink-file-at": "iiii", "[method]descriptor.is-same-object": "ii>i",
		"[method]descriptor.metadata-hash": "ii", "[method]descriptor.metadata-hash-at": "iiiii",
		"[method]directory-entry-stream.read-directory-entry": "ii", "filesystem-error-code": "ii",
	},
});

const VERSION = /^(wasi:[a-z-]+\/[a-z-]+)@0\.2\.\d+$/;
const DROP = "[resource-drop]";

/** The signature of a plan's call and what it is called in our tables ("wasi:cli/exit#exit"; "[resource-drop]" for all resources), or null: there is none. */
export function functionOf({ interface: from, name }) {
	if (name.startsWith(DROP))
		return { key: DROP, signature: "i" }; // of an interface that isn't here no handle was made
	const known = VERSION.exec(from)?.[1];
	const functions = known !== undefined && Object.hasOwn(INTERFACES, known) ? INTERFACES[known] : {};
	return Object.hasOwn(functions, name) ? { key: `${known}#${name}`, signature: functions[name] } : null;
}

/** Throws, naming what it needs and nobody provides, each with its version. imports: of the app's own, which components can't have. */
export function checkComponent({ calls, run }, imports = {}) {
	if (Object.keys(imports).length > 0)
		throw new WebAssembly.LinkError("imports of the app's own are for modules: a component can't have them");
	const missing = new Map(); // interface -> its functions
	for (const call of calls)
		if (functionOf(call) === null)
			missing.set(call.interface, [...missing.get(call.interface) ?? [], call.name]);
	if (missing.size) {
		const names = [...missing].map(([from, functions]) => (isKnown(from) || from === "" ? `${from} (${functions.join(", ")})`.trim() : from));
		throw new WebAssembly.LinkError(`the component needs what nobody provides: ${names.join(", ")}`);
	}
	if (run === null)
		throw new WebAssembly.LinkError("the component doesn't export wasi:cli/run@0.2: it is no command");
}

const isKnown = from => Object.hasOwn(INTERFACES, VERSION.exec(from)?.[1] ?? "");
