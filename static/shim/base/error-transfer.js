//# allFunctionsCalledOnLoad
/* Errors between a worker and the page: structured clone would make plain Errors of ours. */
import { ChangeLost, GatewayLost, NotPaired, ProcessExit, RecordingError, Refused, WasiError } from "./errors.js";

const CLASSES = { ChangeLost, GatewayLost, NotPaired, ProcessExit, RecordingError, Refused, WasiError, CompileError: WebAssembly.CompileError,
	LinkError: WebAssembly.LinkError, RuntimeError: WebAssembly.RuntimeError, TypeError, RangeError, SyntaxError };

export function packError(error) {
	if (!(error instanceof Error))
		return { kind: "Error", message: String(error), stack: "", fields: {} };
	const kind = Object.keys(CLASSES).find(name => error.constructor === CLASSES[name]) ?? "Error";
	const fields = kind === "Error" ? { name: error.name, ...error } : { ...error };
	return { kind, message: error.message, stack: error.stack ?? "", fields };
}

/** What the gateway is told of a trap: its message and its stack, which not every engine begins with the message. */
export function trapText({ message, stack = "" }) {
	return stack.includes(message) ? stack : `${message}\n${stack}`;
}

export function unpackError({ kind, message, stack, fields }) {
	const error = Object.create((CLASSES[kind] ?? Error).prototype);
	Object.defineProperty(error, "message", { value: message, configurable: true, writable: true });
	Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
	return Object.assign(error, fields);
}
