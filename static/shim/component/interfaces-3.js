//# allFunctionsCalledOnLoad
/* The functions of WASI 0.3 that components may import, by their WIT. Leaves to others: what they do (async-cli.js, async-filesystem.js …).
 *
 * A type is a letter: i = u32, a handle, a future's or stream's end; b = one byte: u8, bool, flags, an enum; h = u16; I = u64, s64; s = a string or list; those
 * of VARIANTS. A function has its parameters, then after ">" the result: a letter, or "p": it is stored where the last parameter points to. "async" before it:
 * an async func, which may be lowered in two ways. */

/** Variants, each by its cases: the types in them. */
const VARIANTS = { t: ["", "", "Ii"], a: ["hbbbb", "hihhhhhhhhi"], o: ["", "a"], q: ["", "i"], d: ["", "s"], u: ["", "I"],
	c: ["", "", "s"], e: ["", "c"], m: [...Array(9).fill(""), "s"] }; /* new-timestamp, ip-socket-address, an option of that; options of a handle, a string, a
 * duration; scheme, an option of that, method */
const SIZES = { i: 4, b: 1, h: 2, I: 8, s: 8 };
const ALIGNS = { ...SIZES, s: 4 };
const FLAT = { i: "i", b: "i", h: "i", I: "I", s: "ii" };
const FLAT_ASYNC_MAX = 4;

export const INTERFACES_3 = Object.freeze({
	"wasi:cli/environment": { "get-environment": ">p", "get-arguments": ">p", "get-initial-cwd": ">p" },
	"wasi:cli/exit": { exit: "b", "exit-with-code": "b" },
	"wasi:cli/types": {},
	"wasi:cli/stdin": { "read-via-stream": ">p" },
	"wasi:cli/stdout": { "write-via-stream": "i>i" },
	"wasi:cli/stderr": { "write-via-stream": "i>i" },
	"wasi:cli/terminal-input": {},
	"wasi:cli/terminal-output": {},
	"wasi:cli/terminal-stdin": { "get-terminal-stdin": ">p" },
	"wasi:cli/terminal-stdout": { "get-terminal-stdout": ">p" },
	"wasi:cli/terminal-stderr": { "get-terminal-stderr": ">p" },
	"wasi:clocks/types": {},
	"wasi:clocks/monotonic-clock": { now: ">I", "get-resolution": ">I", "wait-until": "async I", "wait-for": "async I" },
	"wasi:clocks/system-clock": { now: ">p", "get-resolution": ">I" },
	"wasi:random/random": { "get-random-bytes": "I>p", "get-random-u64": ">I" },
	"wasi:random/insecure": { "get-insecure-random-bytes": "I>p", "get-insecure-random-u64": ">I" },
	"wasi:random/insecure-seed": { "get-insecure-seed": ">p" },
	"wasi:sockets/types": {
		"[static]tcp-socket.create": "b>p", "[method]tcp-socket.bind": "ia>p", "[method]tcp-socket.connect": "async ia>p", "[method]tcp-socket.listen": "i>p",
		"[method]tcp-socket.send": "ii>i", "[method]tcp-socket.receive": "i>p", "[method]tcp-socket.get-local-address": "i>p",
		"[method]tcp-socket.get-remote-address": "i>p", "[method]tcp-socket.get-is-listening": "i>b", "[method]tcp-socket.get-address-family": "i>b",
		"[method]tcp-socket.set-listen-backlog-size": "iI>p",
		"[method]tcp-socket.get-keep-alive-enabled": "i>p", "[method]tcp-socket.set-keep-alive-enabled": "ib>p",
		"[method]tcp-socket.get-keep-alive-idle-time": "i>p", "[method]tcp-socket.set-keep-alive-idle-time": "iI>p",
		"[method]tcp-socket.get-keep-alive-interval": "i>p", "[method]tcp-socket.set-keep-alive-interval": "iI>p",
		"[method]tcp-socket.get-keep-alive-count": "i>p", "[method]tcp-socket.set-keep-alive-count": "ii>p",
		"[method]tcp-socket.get-hop-limit": "i>p", "[method]tcp-socket.set-hop-limit": "ib>p",
		"[method]tcp-socket.get-receive-buffer-size": "i>p", "[method]tcp-socket.set-receive-buffer-size": "iI>p",
		"[method]tcp-socket.get-send-buffer-size": "i>p", "[method]tcp-socket.set-send-buffer-size": "iI>p",
		"[static]udp-socket.create": "b>p", "[method]udp-socket.bind": "ia>p", "[method]udp-socket.connect": "ia>p", "[method]udp-socket.disconnect": "i>p",
		"[method]udp-socket.send": "async iso>p", "[method]udp-socket.receive": "async i>p", "[method]udp-socket.get-local-address": "i>p",
		"[method]udp-socket.get-remote-address": "i>p", "[method]udp-socket.get-address-family": "i>b",
		"[method]udp-socket.get-unicast-hop-limit": "i>p", "[method]udp-socket.set-unicast-hop-limit": "ib>p",
		"[method]udp-socket.get-receive-buffer-size": "i>p", "[method]udp-socket.set-receive-buffer-size": "iI>p",
		"[method]udp-socket.get-send-buffer-size": "i>p", "[method]udp-socket.set-send-buffer-size": "iI>p",
	},
	"wasi:sockets/ip-name-lookup": { "resolve-addresses": "async s>p" },
	"wasi:http/types": {
		"[constructor]fields": ">i", "[static]fields.from-list": "s>p", "[method]fields.get": "is>p", "[method]fields.has": "is>b",
		"[method]fields.set": "iss>p", "[method]fields.delete": "is>p", "[method]fields.get-and-delete": "is>p", "[method]fields.append": "iss>p",
		"[method]fields.copy-all": "i>p", "[method]fields.clone": "i>i",
		"[static]request.new": "iqiq>p", "[method]request.get-method": "i>p", "[method]request.set-method": "im>b",
		"[method]request.get-path-with-query": "i>p", "[method]request.set-path-with-query": "id>b", "[method]request.get-scheme": "i>p",
		"[method]request.set-scheme": "ie>b", "[method]request.get-authority": "i>p", "[method]request.set-authority": "id>b",
		"[method]request.get-options": "i>p", "[method]request.get-headers": "i>i", "[static]request.consume-body": "ii>p",
		"[constructor]request-options": ">i",
		"[method]request-options.get-connect-timeout": "i>p", "[method]request-options.set-connect-timeout": "iu>p",
		"[method]request-options.get-first-byte-timeout": "i>p", "[method]request-options.set-first-byte-timeout": "iu>p",
		"[method]request-options.get-between-bytes-timeout": "i>p", "[method]request-options.set-between-bytes-timeout": "iu>p",
		"[method]request-options.clone": "i>i",
		"[static]response.new": "iqi>p", "[method]response.get-status-code": "i>h", "[method]response.set-status-code": "ih>b",
		"[method]response.get-headers": "i>i", "[static]response.consume-body": "ii>p",
	},
	"wasi:http/client": { send: "async i>p" },
	"wasi:filesystem/preopens": { "get-directories": ">p" },
	"wasi:filesystem/types": {
		"[method]descriptor.read-via-stream": "iI>p", "[method]descriptor.write-via-stream": "iiI>i", "[method]descriptor.append-via-stream": "ii>i",
		"[method]descriptor.read-directory": "i>p", "[method]descriptor.advise": "async iIIb>p", "[method]descriptor.sync-data": "async i>p",
		"[method]descriptor.sync": "async i>p", "[method]descriptor.get-flags": "async i>p", "[method]descriptor.get-type": "async i>p",
		"[method]descriptor.set-size": "async iI>p", "[method]descriptor.set-times": "async itt>p",
		"[method]descriptor.create-directory-at": "async is>p", "[method]descriptor.stat": "async i>p", "[method]descriptor.stat-at": "async ibs>p",
		"[method]descriptor.set-times-at": "async ibstt>p", "[method]descriptor.link-at": "async ibsis>p", "[method]descriptor.open-at": "async ibsbb>p",
		"[method]descriptor.readlink-at": "async is>p", "[method]descriptor.remove-directory-at": "async is>p",
		"[method]descriptor.rename-at": "async isis>p", "[method]descriptor.symlink-at": "async iss>p", "[method]descriptor.unlink-file-at": "async is>p",
		"[method]descriptor.is-same-object": "async ii>b", "[method]descriptor.metadata-hash": "async i>p",
		"[method]descriptor.metadata-hash-at": "async ibs>p",
	},
});

const aligned = (at, align) => Math.ceil(at / align) * align;
const longest = (cases, of) => Math.max(0, ...cases.map(of));
const alignOf = letter => ALIGNS[letter] ?? longest(VARIANTS[letter], alignOfAll);
const alignOfAll = letters => longest([...letters], alignOf) || 1;

function sizeOf(letter) {
	const align = alignOf(letter);
	return SIZES[letter] ?? aligned(aligned(1, align) + longest(VARIANTS[letter], sizeOfAll), align);
}

function sizeOfAll(letters) {
	let at = 0;
	for (const letter of letters)
		at = aligned(at, alignOf(letter)) + sizeOf(letter);
	return aligned(at, alignOfAll(letters));
}

/* Of a variant, its case and what its largest case has: all of ours begin with the smaller ones. */
const flatOf = letters => [...letters].map(letter => FLAT[letter] ?? `i${VARIANTS[letter].map(flatOf).sort((a, b) => a.length - b.length).at(-1)}`).join("");

/** What a function of the table is: { isAsync, params, result: its letter or "" } */
export function functionShape(row) {
	const [, before, params, result = ""] = /^(async )?([a-zA-Z]*)(?:>(.))?$/.exec(row);
	return { isAsync: before !== undefined, params, result };
}

/**
 * The core signature of a lowered function, as interfaces.js has it.
 * @param {string} row of the table
 * @param {boolean} lowersAsync is it lowered with `async`? Only an async func may be
 */
export function loweredSignature(row, lowersAsync) {
	const { params, result } = functionShape(row);
	const flat = flatOf(params), isStored = result === "p" || lowersAsync && result !== "";
	const given = lowersAsync && flat.length > FLAT_ASYNC_MAX ? "i" : flat;
	return `${given}${isStored ? "i" : ""}${lowersAsync ? ">i" : result === "I" ? ">I" : isStored || result === "" ? "" : ">i"}`;
}

/** If its parameters come in memory: { size, align, load }, load(view, at) gives them flat, each of 64 bits as two of 32; else null. */
export function storedParams(row) {
	const { params } = functionShape(row);
	if (flatOf(params).length <= FLAT_ASYNC_MAX)
		return null;
	return { size: sizeOfAll(params), align: alignOfAll(params), load: (view, at) => loadAll(view, at, params) };
}

function loadAll(view, at, letters) {
	const flat = [];
	for (const letter of letters) {
		at = aligned(at, alignOf(letter));
		flat.push(...load(view, at, letter));
		at += sizeOf(letter);
	}
	return flat;
}

function load(view, at, letter) {
	const word = offset => view.getInt32(at + offset, true);
	switch (letter) {
	case "i":
		return [word(0)];
	case "b":
		return [view.getUint8(at)];
	case "h":
		return [view.getUint16(at, true)];
	case "I":
	case "s":
		return [word(0), word(4)];
	}
	const is = view.getUint8(at), its = VARIANTS[letter][is] ?? "";
	const all = [is, ...loadAll(view, at + aligned(1, alignOf(letter)), its)];
	return [...all, ...Array(wordsOf(letter) - all.length).fill(0)];
}

const wordsOf = letter => [...flatOf(letter)].reduce((sum, each) => sum + (each === "I" ? 2 : 1), 0);

/** The component model's own functions that a component may have: their core signatures, "w" as trampoline.js has it. */
export const BUILTINS = Object.freeze({
	"task.cancel": "", "context.get": ">w", "context.set": "i", "thread.yield": ">i", "backpressure.inc": "", "backpressure.dec": "",
	"subtask.cancel": "i>w", "subtask.drop": "i",
	"waitable-set.new": ">i", "waitable-set.wait": "ii>i", "waitable-set.poll": "ii>i", "waitable-set.drop": "i", "waitable.join": "ii",
	"stream.new": ">I", "stream.read": "iii>w", "stream.write": "iii>w", "stream.cancel-read": "i>w", "stream.cancel-write": "i>w",
	"stream.drop-readable": "i", "stream.drop-writable": "i",
	"future.new": ">I", "future.read": "ii>w", "future.write": "ii>w", "future.cancel-read": "i>w", "future.cancel-write": "i>w",
	"future.drop-readable": "i", "future.drop-writable": "i",
});
