//# allFunctionsCalledOnLoad
/* The shim's errors: a call failed, the gateway is lost, a program ended, the page isn't admitted. Leaves to others: when each is thrown. */

import { CLOSE, END } from "./frames.js";
import { ERRNO_NAMES } from "./syscalls.js";

/** preview1's error numbers by name: ERRNO.NOENT is 44. */
export const ERRNO = Object.freeze(Object.fromEntries(ERRNO_NAMES.map((name, number) => [name, number])));

/** The name of a preview1 error number, such as "NOENT". */
export function errnoName(errno) {
	return ERRNO_NAMES[errno] ?? `errno ${errno}`;
}

/** A WASI call that failed: `errno` is preview1's number, `name` its name ("NOENT"), `call` the function ("path_open"). */
export class WasiError extends Error {
	constructor(errno, call, detail) {
		super(`${call}: ${errnoName(errno)}${detail ? ` (${detail})` : ""}`);
		this.errno = errno;
		this.name = errnoName(errno);
		this.call = call;
	}
}

/** The connection to the gateway is lost, and with it the program. `unacknowledged` names the writes that may or may not have been done: [{ call, path, bytes
 * }]; it is null where the program couldn't be asked any more. `code` is the WebSocket's close code. `foreign`: this page didn't come from a gateway. */
export class GatewayLost extends Error {
	constructor(message, { code = 1006, unacknowledged = null, foreign = false } = {}) {
		const list = unacknowledged?.length ? `; not acknowledged: ${unacknowledged.map(describeWrite).join(", ")}` : "";
		super(message + list);
		this.name = "GatewayLost";
		this.code = code;
		this.unacknowledged = unacknowledged;
		this.foreign = foreign;
	}
}

/** A change failed after the program had been told that it succeeded, so the gateway ended the program there. Every change before it was done, none after it.
 * `call` is the function ("fd_sync"), `path` what the program opened or named (null if it isn't known any more), `errno` preview1's number. */
export class ChangeLost extends Error {
	constructor({ call, path = null, errno }) {
		super(`${call}${path === null ? "" : ` of '${path}'`} failed with ${errnoName(errno)} after the program had been told that it succeeded`);
		this.name = "ChangeLost";
		this.call = call;
		this.path = path;
		this.errno = errno;
	}
}

/** The error of an ENDED frame (decodeEnded's). path: of the change that was lost, if it is known. */
export function lossOf({ reason, message, lost }, path = null) {
	const code = { [END.GATEWAY]: CLOSE.GATEWAY, [END.REVOKED]: CLOSE.SESSION }[reason] ?? CLOSE.DONE;
	return lost === null ? new GatewayLost(message || "the gateway ended the program", { code }) : new ChangeLost({ ...lost, path });
}

function describeWrite({ call, path, bytes }) {
	return `${call}${path ? ` '${path}'` : ""}${bytes === undefined ? "" : ` (${bytes} bytes)`}`;
}

/** proc_exit was called where somebody waited for something else: an export of a reactor, connect()'s proc_exit. */
export class ProcessExit extends Error {
	constructor(code) {
		super(`the program called proc_exit(${code})`);
		this.name = "ProcessExit";
		this.code = code;
	}
}

/** The page has no session. The user gets one by the link that the gateway prints at its terminal. */
export class NotPaired extends Error {
	constructor(message = "this page has no session: open the link that the gateway printed at its terminal") {
		super(message);
		this.name = "NotPaired";
	}
}

/** The gateway refused a HELLO, because of its session, its options or its version. `code` is the close code, `errno` preview1's, or 0. */
export class Refused extends WasiError {
	constructor(code, errno, message) {
		super(errno, "hello", message);
		if (message)
			this.message = message;
		if (!errno)
			this.name = "Refused";
		this.code = code;
	}
}

/** A recording can't be read, or isn't of what runs: the message says which in a sentence. */
export class RecordingError extends Error {
	constructor(message) {
		super(message);
		this.name = "RecordingError";
	}
}
