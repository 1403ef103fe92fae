//# allFunctionsCalledOnLoad
/* The numbers of the wire (docs/PROTOCOL.md): frames, their flags, close codes. The twin of the enums in the server's codec.h. */
import { FRAME_FIELDS } from "./syscalls.js";

export { FRAME, FRAME_FIELDS } from "./syscalls.js";

export const WIRE_VERSION = 1;
export const FRAME_HEAD = 8;
export const BATCH_HEAD = 16; // the frame's head, sequence number, acknowledgement
export const CALL_HEAD = 8;

export const BATCH = Object.freeze({ WAIT: 1, REPOLL: 2 });
export const CALL = Object.freeze({ QUIET: 1, LINK: 2, MUST: 4 });
/** Bits of a call's flags, to the left of which is the component's function that makes it. */
export const CALL_WITHIN = 4;
export const STDIN = Object.freeze({ EOF: 1, MARK: 2 });
export const HELLO = Object.freeze({
	NEW: 1, CONTROL: 2, SPLIT: 4, TTY: 8, PREOPENS: 16, STDIN_EOF: 32,
	INHERIT_STDIN: 64, INHERIT_STDOUT: 128, INHERIT_STDERR: 256, XHR: 512, SENDS_ONLY: 1024, HINTS: 2048, POSTS: 4096, NET: 8192, INJECT: 16384, RECORDABLE: 32768,
	KEEP: 65536, RESUME: 131072, KEEP_LATER: 262144, BACK: 524288,
});
export const COHERENCE = Object.freeze({ default: 0, strict: 1, trap: 2 });
export const END = Object.freeze({ TRAP: 1, KILLED: 2, REVOKED: 3, GATEWAY: 4, USER: 5, CHANGE_LOST: 6 });
/** Whether a debugger watches the program (a WATCH frame's mode), and whether the program is stopped (its state). */
export const WATCH = Object.freeze({ NOBODY: 0, WATCHED: 1, CONTROLLED: 2 });
export const STANDS = Object.freeze({ RUNS: 0, STOPPING: 1, STOPPED: 2 });
/** Of a RECORD frame, and KEPT of a RECORDED, too. KEPT: it goes before a batch, and is kept for the page that comes next. CUT: that one is cut first.
 * FROM: it says where it goes on. */
export const RECORD = Object.freeze({ KEPT: 1, CUT: 2, FROM: 4 });
export const WELCOME = Object.freeze({ RECORDED: 1, KEPT: 2, ASKABLE: 4, TRACED: 8 });
export const PREOPEN = Object.freeze({ SOCKET: 1, READ_ONLY: 2, SCRATCH: 4 });
export const SKIPPED = 0xFFFF;
export const CLOSE = Object.freeze({
	DONE: 1000, GATEWAY: 1001, PROTOCOL: 4400, SESSION: 4401, NO_GUEST: 4404, WISHES: 4405, VERSION: 4409, BOUND: 4413,
});

/* Of a field, by its letter. */
const BYTES = { w: 4, q: 8 };
/** Bytes of the body of those frames whose fields are always the same, by type. */
export const FRAME_BODY = Object.freeze(Object.fromEntries(Object.entries(FRAME_FIELDS)
	.map(([type, letters]) => [type, Array.from(letters, letter => BYTES[letter]).reduce((sum, bytes) => sum + bytes, 0)])));
