//# allFunctionsCalledOnLoad
/* The functions of WASI 0.2 that components may import, as core wasm sees them, and what is missing for a component of 0.2 or 0.3. Leaves to others: what they
 * do (cli.js, io.js, filesystem.js, network.js, tcp.js, udp.js, http.js), those of 0.3 (interfaces-3.js).
 *
 * A signature has the parameters, i = i32, I = i64, then after ">" the result, if there is one. It follows from the interfaces' WIT by the canonical ABI: a
 * handle, flag or enum is an i32, a string or list a pointer and a length; a result of more than one value is stored where the last parameter points to. */
import { BUILTINS, INTERFACES_3, functionShape, loweredSignature, storedParams } from "./interfaces-3.js";

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
	"wasi:http/outgoing-handler": { handle: "iiii" },
	"wasi:http/types": {
		"http-error-code": "ii", "[constructor]fields": ">i", "[static]fields.from-list": "iii", "[method]fields.get": "iiii",
		"[method]fields.has": "iii>i", "[method]fields.set": "iiiiii", "[method]fields.delete": "iiii", "[method]fields.append": "iiiiii",
		"[method]fields.entries": "ii", "[method]fields.clone": "i>i", "[method]incoming-request.method": "ii",
		"[method]incoming-request.path-with-query": "ii", "[method]incoming-request.scheme": "ii", "[method]incoming-request.authority": "ii",
		"[method]incoming-request.headers": "i>i", "[method]incoming-request.consume": "ii", "[constructor]outgoing-request": "i>i",
		"[method]outgoing-request.body": "ii", "[method]outgoing-request.method": "ii", "[method]outgoing-request.set-method": "iiii>i",
		"[method]outgoing-request.path-with-query": "ii", "[method]outgoing-request.set-path-with-query": "iiii>i",
		"[method]outgoing-request.scheme": "ii", "[method]outgoing-request.set-scheme": "iiiii>i", "[method]outgoing-request.authority": "ii",
		"[method]outgoing-request.set-authority": "iiii>i", "[method]outgoing-request.headers": "i>i", "[constructor]request-options": ">i",
		"[method]request-options.connect-timeout": "ii", "[method]request-options.set-connect-timeout": "iiI>i",
		"[method]request-options.first-byte-timeout": "ii", "[method]request-options.set-first-byte-timeout": "iiI>i",
		"[method]request-options.between-bytes-timeout": "ii", "[method]request-options.set-between-bytes-timeout": "iiI>i",
		"[static]response-outparam.set": "iiiiIiiii", "[method]incoming-response.status": "i>i", "[method]incoming-response.headers": "i>i",
		"[method]incoming-response.consume": "ii", "[method]incoming-body.stream": "ii", "[static]incoming-body.finish": "i>i",
		"[method]future-trailers.subscribe": "i>i", "[method]future-trailers.get": "ii", "[constructor]outgoing-response": "i>i",
		"[method]outgoing-response.status-code": "i>i", "[method]outgoing-response.set-status-code": "ii>i", "[method]outgoing-response.headers": "i>i",
		"[method]outgoing-response.body": "ii", "[method]outgoing-body.write": "ii", "[static]outgoing-body.finish": "iiii",
		"[method]future-incoming-response.subscribe": "i>i", "[method]future-incoming-response.get": "ii",
	},
	"wasi:sockets/network": {},
	"wasi:sockets/instance-network": { "instance-network": ">i" },
	"wasi:sockets/tcp-create-socket": { "create-tcp-socket": "ii" },
	"wasi:sockets/tcp": {
		"[method]tcp-socket.start-bind": "iiiiiiiiiiiiiii", "[method]tcp-socket.finish-bind": "ii",
		"[method]tcp-socket.start-connect": "iiiiiiiiiiiiiii", "[method]tcp-socket.finish-connect": "ii",
		"[method]tcp-socket.start-listen": "ii", "[method]tcp-socket.finish-listen": "ii", "[method]tcp-socket.accept": "ii",
		"[method]tcp-socket.local-address": "ii", "[method]tcp-socket.remote-address": "ii", "[method]tcp-socket.is-listening": "i>i",
		"[method]tcp-socket.address-family": "i>i", "[method]tcp-socket.set-listen-backlog-size": "iIi",
		"[method]tcp-socket.keep-alive-enabled": "ii", "[method]tcp-socket.set-keep-alive-enabled": "iii",
		"[method]tcp-socket.keep-alive-idle-time": "ii", "[method]tcp-socket.set-keep-alive-idle-time": "iIi",
		"[method]tcp-socket.keep-alive-interval": "ii", "[method]tcp-socket.set-keep-alive-interval": "iIi",
		"[method]tcp-socket.keep-alive-count": "ii", "[method]tcp-socket.set-keep-alive-count": "iii",
		"[method]tcp-socket.hop-limit": "ii", "[method]tcp-socket.set-hop-limit": "iii",
		"[method]tcp-socket.receive-buffer-size": "ii", "[method]tcp-socket.set-receive-buffer-size": "iIi",
		"[method]tcp-socket.send-buffer-size": "ii", "[method]tcp-socket.set-send-buffer-size": "iIi",
		"[method]tcp-socket.subscribe": "i>i", "[method]tcp-socket.shutdown": "iii",
	},
	"wasi:sockets/udp-create-socket": { "create-udp-socket": "ii" },
	"wasi:sockets/udp": {
		"[method]udp-socket.start-bind": "iiiiiiiiiiiiiii", "[method]udp-socket.finish-bind": "ii", "[method]udp-socket.stream": "iiiiiiiiiiiiiii",
		"[method]udp-socket.local-address": "ii", "[method]udp-socket.remote-address": "ii", "[method]udp-socket.address-family": "i>i",
		"[method]udp-socket.unicast-hop-limit": "ii", "[method]udp-socket.set-unicast-hop-limit": "iii",
		"[method]udp-socket.receive-buffer-size": "ii", "[method]udp-socket.set-receive-buffer-size": "iIi",
		"[method]udp-socket.send-buffer-size": "ii", "[method]udp-socket.set-send-buffer-size": "iIi", "[method]udp-socket.subscribe": "i>i",
		"[method]incoming-datagram-stream.receive": "iIi", "[method]incoming-datagram-stream.subscribe": "i>i",
		"[method]outgoing-datagram-stream.check-send": "ii", "[method]outgoing-datagram-stream.send": "iiii",
		"[method]outgoing-datagram-stream.subscribe": "i>i",
	},
	"wasi:sockets/ip-name-lookup": {
		"resolve-addresses": "iiii", "[method]resolve-address-stream.resolve-next-address": "ii", "[method]resolve-address-stream.subscribe": "i>i",
	},
});

const DROP = "[resource-drop]";
/** In an interface's place: the component model's own functions. */
export const CANON = "canon";
const keys = (interfaces, version) => Object.entries(interfaces).flatMap(([from, functions]) =>
	Object.keys(functions).map(name => `${from}${version}#${name}`));
/** All of them by their keys, as debuggers number them: new ones come last. */
export const FUNCTIONS = Object.freeze([DROP, ...keys(INTERFACES, ""), ...Object.keys(BUILTINS), ...keys(INTERFACES_3, "@0.3")]);

const VERSION = /^(wasi:[a-z-]+\/[a-z-]+)@0\.([23])\.\d+$/;

/* The table's functions of an interface as the component names it: { known, version, functions }, or null. */
function interfaceOf(from) {
	const [, known, version] = VERSION.exec(from) ?? [];
	const table = version === "3" ? INTERFACES_3 : INTERFACES;
	return known !== undefined && Object.hasOwn(table, known) ? { known, version, functions: table[known] } : null;
}

/**
 * What a plan's call is called in our tables ("wasi:cli/exit#exit", "wasi:cli/exit@0.3#exit"; "[resource-drop]" for all resources) and its signature; of 0.3
 * also its shape, for lowered(). Or null: there is none.
 */
export function functionOf({ interface: from, name, isAsync: lowersAsync = false }) {
	if (from === CANON)
		return Object.hasOwn(BUILTINS, name) ? { key: name, signature: BUILTINS[name], shape: null } : null;
	if (name.startsWith(DROP))
		return { key: DROP, signature: "i", shape: null }; // of an interface that isn't here no handle was made
	const { known, version, functions } = interfaceOf(from) ?? { functions: {} };
	if (!Object.hasOwn(functions, name))
		return null;
	const row = functions[name];
	if (version === "2")
		return { key: `${known}#${name}`, signature: row, shape: null };
	const shape = { ...functionShape(row), stored: storedParams(row), lowersAsync };
	return { key: `${known}@0.3#${name}`, signature: loweredSignature(row, lowersAsync), shape };
}

/** Throws, naming what it needs and nobody provides, each with its version. imports: of the app's own, which components can't have. */
export function checkComponent({ calls, run, handle }, imports = {}) {
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
	if (run === null && handle === null)
		throw new WebAssembly.LinkError("the component exports neither wasi:cli/run (of 0.2 or 0.3) nor wasi:http/incoming-handler@0.2 or handler@0.3: there is nothing to start");
}

const isKnown = from => interfaceOf(from) !== null;
