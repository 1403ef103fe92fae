//# allFunctionsCalledOnLoad
/* From what an app gives as a program to a WebAssembly.Module that we can run: downloads, compiles, says how far it is, and finds out
 * before the start what can't work. */
import { SIGNATURES } from "../base/signatures.js";

const NAMED_MAX = 300; // letters
const END_BYTES = 64 << 10;
const PREVIEW1 = "wasi_snapshot_preview1";

/**
 * source: URL, Response, ArrayBuffer (or a view) or Module. onProgress: ({ phase, loaded, total }). Gives { compiled, program }: the Module, and which
 * program it is, for those who remember something of it. program: a text; of what was fetched, its path and
 * ETag (which changes with the file's size and times), else its length and date; of bytes, their length and the SHA-256 of their ends (all of a large
 * program would take longer than it saves); of a Module, nothing but that.
 * @param {string | URL | Response | ArrayBuffer | ArrayBufferView<ArrayBuffer> | WebAssembly.Module} source
 * @param {(progress: import("../wvwasi.js").Progress) => void} [onProgress]
 */
export async function loadProgram(source, onProgress = () => {}) {
	if (source instanceof WebAssembly.Module)
		return { compiled: source, program: "a module" };
	if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
		const bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
		checkHead(bytes.subarray(0, 8), "the bytes");
		onProgress({ phase: "compile", loaded: bytes.length, total: bytes.length });
		const [compiled, program] = await Promise.all([WebAssembly.compile(bytes), ofBytes(bytes)]);
		return { compiled, program };
	}
	const response = source instanceof Response ? source : await fetchProgram(source);
	const name = response.url || "the response";
	if (!response.ok)
		throw new TypeError(`cannot load ${name}: status ${response.status}`);
	return { compiled: await compileStreaming(response, name, onProgress), program: ofResponse(response) };
}

function ofResponse({ url, headers }) {
	const { origin, pathname } = new URL(url || "about:blank", globalThis.location?.href);
	const version = headers.get("ETag") ?? `${headers.get("Content-Length")} ${headers.get("Last-Modified")}`;
	return `${origin === globalThis.location?.origin ? "" : origin}${pathname} ${version}`.slice(0, NAMED_MAX);
}

async function ofBytes(bytes) {
	const ends = new Uint8Array(Math.min(bytes.length, 2 * END_BYTES));
	ends.set(bytes.subarray(0, END_BYTES));
	ends.set(bytes.subarray(Math.max(bytes.length - END_BYTES, Math.min(END_BYTES, bytes.length))), Math.min(END_BYTES, bytes.length));
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", ends));
	return `${bytes.length} bytes, ${Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("")}`;
}

async function fetchProgram(url) {
	try {
		return await fetch(url);
	} catch (error) {
		throw new TypeError(`cannot load ${url}: ${error.message}`);
	}
}

async function compileStreaming(response, name, onProgress) {
	const total = Number(response.headers.get("Content-Length")) || 0;
	const reader = response.body.getReader();
	let head = new Uint8Array(0);
	let loaded = 0, checked = false, failed = null, told = 0;
	const counted = new ReadableStream({
		async pull(controller) {
			const { done, value } = await reader.read();
			if (value && head.length < 8) {
				const joined = new Uint8Array(head.length + Math.min(value.length, 8));
				joined.set(head);
				joined.set(value.subarray(0, 8), head.length);
				head = joined;
			}
			try {
				if (!checked && (head.length >= 8 || done)) {
					checked = true;
					checkHead(head.subarray(0, 8), name);
				}
			} catch (error) {
				failed = error;
				reader.cancel().catch(() => {});
				return controller.error(error);
			}
			if (done) {
				onProgress({ phase: "download", loaded, total: loaded });
				onProgress({ phase: "compile", loaded, total: loaded });
				return controller.close();
			}
			loaded += value.length;
			const now = performance.now();
			if (now - told > 50) {
				told = now;
				onProgress({ phase: "download", loaded, total: Math.max(total, loaded) });
			}
			controller.enqueue(value);
		},
	});
	try {
		return await WebAssembly.compileStreaming(new Response(counted, { headers: { "Content-Type": "application/wasm" } }));
	} catch (error) {
		throw failed ?? new WebAssembly.CompileError(`cannot compile ${name}: ${error.message}`);
	}
}

/* The magic number, then a version: 1 is a core module; the upper half says 1 (a layer) for a component. */
function checkHead(head, name) {
	if (head.length < 8 || head[0] !== 0 || head[1] !== 0x61 || head[2] !== 0x73 || head[3] !== 0x6d)
		throw new WebAssembly.CompileError(`${name} is not a WebAssembly module`);
	if (head[6] === 1)
		throw new WebAssembly.CompileError(`${name} is a component (WASI 0.2); this gateway runs core modules for wasm32-wasip1`);
}

/** Throws, naming each import that nobody provides. imports: further imports of the app, by module and name. */
export function checkImports(module, imports = {}) {
	const missing = [];
	const reasons = new Set();
	for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
		if (from === PREVIEW1 && kind === "function" && Object.hasOwn(SIGNATURES, name))
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
