//# allFunctionsCalledOnLoad
/* Makes a WebAssembly.Module that we can run of what an app gives: downloads, compiles, reports progress, and says before the start what can't work. */
import { checkComponent } from "../component/interfaces.js";
import { isComponent, planOf } from "../component/plan.js";
import { GatewayLost } from "../base/errors.js";
import { EXTENSIONS, SIGNATURES, SOCKET_ALIASES, SOCKET_NAMES } from "../base/signatures.js";
import { fetchInTime } from "../gateway/link.js";

const NAMED_MAX = 300; // letters
const END_BYTES = 64 << 10;
const OURS = { wasi_snapshot_preview1: { ...SIGNATURES, ...SOCKET_NAMES, ...SOCKET_ALIASES }, wvwasi: EXTENSIONS };
const WASM = "application/wasm";
const PROGRESS_MS = 50;
const HEAD = 8;

/**
 * @typedef {{ compiled: WebAssembly.Module | import("../component/plan.js").Plan, program: string, version: string | null, bytes: number }} Loaded
 * program: which one it is, for those who remember something of it: of what was fetched, its path and version; of bytes, their length and the
 * SHA-256 of their ends (all of a large program would take longer than it saves); of a Module, nothing but that. version: its ETag (which changes
 * with the file's size and times), else its length and date; null where nobody says. bytes: how long the module is, 0 where nobody says.
 */

/**
 * Downloads and compiles a program.
 * @param {URL | string | Response | ArrayBuffer | ArrayBufferView<ArrayBuffer> | WebAssembly.Module} source
 * @param {{ onProgress?: (progress: import("../wvwasi.js").Progress) => void, onFound?: () => void, onCore?: (program: string) => void, signal?: AbortSignal }}
 *        [options] onFound: there is one, and it is about to be downloaded and compiled; onCore: (Loaded's program) by its first bytes it is a core module, and
 *        the rest is under way; signal: gives the download up
 * @returns {Promise<Loaded>} rejects with a TypeError (no such file, nobody there) or a CompileError that says what the file is instead
 */
export async function loadProgram(source, { onProgress, onFound, onCore, signal } = {}) {
	if (source instanceof WebAssembly.Module)
		return { compiled: source, program: "a module", version: null, bytes: 0 };
	if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
		const bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
		checkHead(bytes.subarray(0, 8), "the bytes");
		onFound?.();
		onProgress?.({ phase: "compile", loaded: bytes.length, total: bytes.length });
		const [compiled, program] = await Promise.all([isComponentHead(bytes) ? planOf(bytes) : WebAssembly.compile(bytes), ofBytes(bytes)]);
		return { compiled, program, version: null, bytes: bytes.length };
	}
	const response = source instanceof Response ? source : await fetchProgram(source, { signal });
	if (!response.ok)
		throw new TypeError(`cannot load ${response.url || "the response"}: status ${response.status}`);
	onFound?.();
	const program = ofResponse(response);
	return { compiled: await compileResponse(response, onProgress, () => onCore?.(program)), program, version: versionOf(response), bytes: lengthOf(response) };
}

/**
 * The version of what is at a URL now, without loading it, as Loaded has it.
 * @param {string} url
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function versionAt(url, { signal } = {}) {
	const response = await fetchProgram(url, { method: "HEAD", cache: "no-store", signal });
	return response.ok ? versionOf(response) : null;
}

const lengthOf = response => Number(response.headers.get("Content-Length")) || 0;

/* What tells one state of a file from the next, if the server says it. */
function versionOf({ headers }) {
	const date = headers.get("Last-Modified");
	return headers.get("ETag") ?? (date === null ? null : `${headers.get("Content-Length")} ${date}`);
}

function ofResponse(response) {
	const { origin, pathname } = new URL(response.url || "about:blank", globalThis.location?.href);
	const version = (versionOf(response) ?? "").slice(0, NAMED_MAX / 2);
	return `${`${origin === globalThis.location?.origin ? "" : origin}${pathname}`.slice(0, NAMED_MAX - version.length - 1)} ${version}`;
}

async function ofBytes(bytes) {
	const ends = new Uint8Array(Math.min(bytes.length, 2 * END_BYTES));
	ends.set(bytes.subarray(0, END_BYTES));
	ends.set(bytes.subarray(Math.max(bytes.length - END_BYTES, Math.min(END_BYTES, bytes.length))), Math.min(END_BYTES, bytes.length));
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", ends));
	return `${bytes.length} bytes, ${Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {URL | string} url @param {RequestInit} init */
async function fetchProgram(url, init) {
	const isGateways = new URL(url, globalThis.location?.href).origin === globalThis.location?.origin;
	try {
		return await (isGateways ? fetchInTime : fetch)(url, init);
	} catch (error) {
		init.signal?.throwIfAborted();
		if (isGateways)
			throw error instanceof GatewayLost ? error : new GatewayLost(`cannot load ${url}: the gateway can't be reached (${error.message})`);
		throw new TypeError(`cannot load ${url}: ${error.message}`);
	}
}

/* The engine gets the response itself, since it caches compiled code only for what it fetched itself. It refuses a component by its head. */
async function compileResponse(response, onProgress, onCore) {
	const name = response.url || "the response";
	const beginning = beginningOf(response.clone(), onProgress, onCore);
	try {
		return await WebAssembly.compileStreaming(response.headers.get("Content-Type") === WASM ? response
			: new Response(response.body, { headers: { "Content-Type": WASM } }));
	} catch (error) {
		const { head, component } = await beginning;
		if (component !== null)
			return planOf(component);
		checkHead(head, name);
		throw error instanceof WebAssembly.CompileError ? new WebAssembly.CompileError(`cannot compile ${name}: ${error.message}`)
			: new TypeError(`cannot load ${name}: ${error.message}`);
	}
}

/* The first bytes of a response, and if it is a component all of them (else null); reads on to the end where somebody wants to know how far it is. onCore: ()
 * by them it is a core module. */
async function beginningOf(response, onProgress, onCore) {
	const head = new Uint8Array(HEAD);
	if (response.body === null)
		return { head: head.subarray(0, 0), component: null };
	const total = lengthOf(response);
	const reader = response.body.getReader();
	const parts = [];
	let loaded = 0, told = 0, isWhole = false;
	try {
		for (;;) {
			const { done, value } = await reader.read();
			isWhole = done;
			if (done)
				break;
			const before = loaded;
			if (loaded < head.length)
				head.set(value.subarray(0, head.length - loaded), loaded);
			loaded += value.length;
			if (before < head.length && loaded >= head.length && isCore(head))
				onCore();
			if (loaded < head.length || isComponentHead(head))
				parts.push(value);
			else if (!onProgress) {
				reader.cancel().catch(() => {});
				break;
			}
			const now = performance.now();
			if (onProgress && now - told > PROGRESS_MS) {
				told = now;
				onProgress({ phase: "download", loaded, total: Math.max(total, loaded) });
			}
		}
		onProgress?.({ phase: "download", loaded, total: loaded });
		onProgress?.({ phase: "compile", loaded, total: loaded });
	} catch {
		// compiling the response reports it
	}
	return { head: head.subarray(0, Math.min(loaded, head.length)), component: isWhole && isComponentHead(head) ? joined(parts, loaded) : null };
}

function joined(parts, length) {
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

const isWasm = head => head.length >= HEAD && head[0] === 0 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6d;

/* Behind the magic number is a version, 13 of components, and the layer: 0 is a core module, 1 a component. */
const isComponentHead = head => isWasm(head) && head[4] === 13 && head[5] === 0 && head[6] === 1 && head[7] === 0;

const isCore = head => isWasm(head) && head[6] === 0;

function checkHead(head, name) {
	if (!isWasm(head))
		throw new WebAssembly.CompileError(`${name} is not a WebAssembly module`);
	if (head[6] === 1 && !isComponentHead(head))
		throw new WebAssembly.CompileError(`${name} is a component of an older draft (version ${head[4]}); this gateway runs those of WASI 0.2 and 0.3 (version 13)`);
}

/** Throws, naming each import that nobody provides. imports: further imports of the app, by module and name. */
export function checkImports(module, imports = {}) {
	if (isComponent(module))
		return checkComponent(module, imports);
	const missing = [];
	const reasons = new Set();
	for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
		if (Object.hasOwn(OURS, from) && kind === "function" && Object.hasOwn(OURS[from], name))
			continue;
		if (imports[from]?.[name] !== undefined)
			continue;
		missing.push(`${from}.${name}`);
		if (from === "wasi_unstable")
			reasons.add("wasi_unstable is the preview before wasi_snapshot_preview1: build the program again with a newer toolchain");
		else if (from === "wasi" && name === "thread-spawn")
			reasons.add("threads aren't supported");
		else if (kind === "memory")
			reasons.add("shared memory, which threads need, isn't supported");
		else if (from.startsWith("wasi:"))
			reasons.add("WASI 0.2 isn't supported");
	}
	if (missing.length) {
		const why = reasons.size ? ` (${[...reasons].join("; ")})` : "";
		throw new WebAssembly.LinkError(`the program needs imports that nobody provides: ${missing.join(", ")}${why}`);
	}
	const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
	if (exported.get("_start") !== "function" && exported.get("_initialize") !== "function")
		throw new WebAssembly.LinkError("the module exports neither _start nor _initialize: it is no WASI program");
	if (exported.get("memory") !== "memory" && !WebAssembly.Module.imports(module).some(({ kind }) => kind === "memory"))
		throw new WebAssembly.LinkError("the module exports no memory: it is no WASI program");
}
