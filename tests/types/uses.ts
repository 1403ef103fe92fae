// What apps may write against wvwasi.d.ts, and what it has to refuse: each line under @ts-expect-error must be an error. Never run.
import { connect, ERRNO, GatewayLost, getTicket, NotPaired, ProcessExit, Refused, run, spawn, WASI, WasiError } from "../../static/shim/wvwasi.js";
import { FileSystemDirectoryHandle as Folder, FileSystemObserver as Observer, getDirectoryHandle, getFileHandle } from "../../static/shim/files.js";
import type { Calls, Child, Progress, Result, RunOptions, Stats } from "../../static/shim/wvwasi.js";

/* Every sort of program. */
async function programs(bytes: Uint8Array<ArrayBuffer>, module: WebAssembly.Module) {
	await run("words.wasm");
	await run(new URL("words.wasm", location.href));
	await run(fetch("words.wasm"));
	await run(await fetch("words.wasm"));
	await run(bytes);
	await run(bytes.buffer);
	await run(module);
	// @ts-expect-error: a program is needed
	await run();
	// @ts-expect-error: a Blob is none
	await run(new Blob());
	// @ts-expect-error: nor is a number
	await run(7);
}

async function options(stream: ReadableStream<Uint8Array>, sink: WritableStream<Uint8Array>, signal: AbortSignal) {
	const all: RunOptions = {
		args: ["words", new Uint8Array([0xff])], env: { LANG: "C" }, preopens: { "/work": "/work", "/in": { path: "/work/in", readonly: true } },
		stdin: stream, stdout: sink, stderr: (bytes) => console.log(bytes.byteLength), tty: { mode: "raw", columns: 80, rows: 24 },
		wait: "auto", coherence: "strict", onProgress: ({ phase, loaded, total }: Progress) => console.log(phase, loaded / total), signal,
		debug: { console: true }, onWatch: ({ watched, controlled, stopped }) => console.log(watched && controlled && stopped),
		onReading: (waits) => console.log(waits ? "it waits" : "it computes"), imports: { env: { limit: 7 } }, ticket: getTicket, unpaired: "throw",
	};
	await run("words.wasm", all);
	await run("words.wasm", { stdin: "text", stdout: "capture", stderr: "inherit" });
	await run("words.wasm", { stdin: null, stdout: null, stderr: async (bytes) => void bytes });
	await run("words.wasm", { imports: new URL("imports.js", location.href) });
	await run("words.wasm", { replay: fetch("words.wvr"), replayRun: 1 });
	await run("words.wasm", { replay: new Blob() });
	// @ts-expect-error: a recording's bytes, not where they are
	await run("words.wasm", { replay: "words.wvr" });
	// @ts-expect-error: not one of the ways to wait
	await run("words.wasm", { wait: "poll" });
	// @ts-expect-error: not one of the coherences
	await run("words.wasm", { coherence: "loose" });
	// @ts-expect-error: values are text
	await run("words.wasm", { env: { COLUMNS: 80 } });
	// @ts-expect-error: arguments are a list
	await run("words.wasm", { args: "words greeting.txt" });
	// @ts-expect-error: there is no such option
	await run("words.wasm", { stdOut: "capture" });
	// @ts-expect-error: numbers can't be fed to a program
	await run("words.wasm", { stdin: 7 });
	// @ts-expect-error: a grant's path is needed
	await run("words.wasm", { preopens: { "/work": { readonly: true } } });
}

async function results() {
	const { exitCode, stdout, wait, writeErrors, failedCalls, lastCalls, stats, killed }: Result = await run("words.wasm", { stdout: "capture" });
	const code: number | null = exitCode;
	const text = new TextDecoder().decode(stdout);
	const failed = writeErrors.map(({ path, call, errno, name }) => `${path ?? "?"}: ${call} ${name} (${errno})`);
	const last: string[] = lastCalls.map(({ call, args, path, value, errno }) => `${call}(${args?.join(", ") ?? path}) = ${value ?? errno ?? "?"}`);
	const subjects: string[] = failedCalls.map(({ call, path, address, name }) => `${call} ${path ?? address ?? ""}: ${name}`);
	const calls: number = stats.byName.fd_read ?? stats.syscalls;
	// @ts-expect-error: null where it was killed without one
	const certain: number = exitCode;
	// @ts-expect-error: without "capture" there is none
	stdout.length;
	return [code, text, wait, failed, calls, killed, certain];
}

async function children() {
	const child: Child = await spawn("words.wasm", { stdin: "inherit" });
	await child.stdin?.write("line\n");
	await child.stdin?.write(new Uint8Array(1));
	await child.stdin?.mark();
	await child.stdin?.close();
	await child.stdout?.pipeTo(new WritableStream<Uint8Array>());
	child.resize(80, 24);
	child.kill();
	child.kill({ exitCode: 1, reason: "stopped" });
	const stats: Stats = child.stats();
	// @ts-expect-error: null where an option says what stdin is
	await child.stdin.write("line\n");
	// @ts-expect-error: a signal's number is not what kill() takes
	child.kill(9);
	// @ts-expect-error: it is for reading
	child.exited = Promise.resolve();
	return [stats.roundTrips, (await child.exited).exitCode];
}

/* In the app's own worker, as with node:wasi. */
async function instances(module: WebAssembly.Module) {
	const wasi = await WASI.connect({ wait: "shared", args: ["words"], ticket: async () => "ticket", onWatch: ({ stopped }) => void stopped });
	const instance = await WebAssembly.instantiate(module, wasi.imports);
	const code: number = await wasi.start(instance);
	const { greet } = await wasi.initialize(instance);
	await greet();
	wasi.close();
	// @ts-expect-error: guests come from WASI.connect()
	new WASI({ version: "preview1" });
	// @ts-expect-error: the app compiles by itself, and shows its own progress
	await WASI.connect({ onProgress: console.log });
	return code;
}

async function calls(w: Calls) {
	const fd: number = await w.path_open(w.rootFd ?? 3, 0, "greeting.txt", 0, 2n, 0n, 0);
	const bytes: Uint8Array = await w.fd_read(fd, 4096);
	const at: bigint = await w.fd_seek(fd, -1, 2);
	const { size, mtim } = await w.fd_filestat_get(fd);
	const ready = await w.poll_oneoff([{ type: "clock", timeout: 1_000_000n }, { type: "fd_read", fd, userdata: 7 }]);
	await w.fd_write(fd, "text");
	await w.fd_close(fd);
	// @ts-expect-error: a descriptor is a number
	await w.fd_read("greeting.txt", 4096);
	// @ts-expect-error: reading needs a bound
	await w.fd_read(fd);
	// @ts-expect-error: an offset may be too large for a number
	const small: number = await w.fd_tell(fd);
	// @ts-expect-error: preview1 has no such call
	await w.fd_lseek(fd, 0, 0);
	// @ts-expect-error: a subscription to a file names it
	await w.poll_oneoff([{ type: "fd_read" }]);
	return [bytes, at, size + mtim, ready[0]?.userdata, small];
}

async function files() {
	const { fs } = await connect({ preopens: { "/": "/work" }, unpaired: "enter" });
	const bytes: Uint8Array = await fs.readFile("/greeting.txt");
	const text: string = await fs.readFile("/greeting.txt", "utf8");
	await fs.writeFile("/new.txt", text, { flag: "wx" });
	const names = (await fs.readdir("/", { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
	const { size, mtime } = await fs.stat("/greeting.txt");
	for await (const { eventType, filename } of fs.watch("/work", { recursive: true, signal: AbortSignal.timeout(1000) })) {
		const what: "rename" | "change" = eventType, name: string = filename;
		console.log(what, name);
	}
	for await (const { filename } of fs.watch("/work", "buffer"))
		filename.subarray(1);
	await fs.mkdir("/a/b", { recursive: true });
	await fs.rm("/a", { recursive: true, force: true });
	const file = await fs.open(new TextEncoder().encode("/greeting.txt"), "r+");
	const read: Uint8Array = await file.read({ length: 100, position: 0n });
	const written: number = await file.write(new Uint16Array(4), { position: null });
	await file.utimes(new Date(), 0);
	await file.close();
	// @ts-expect-error: bytes, unless an encoding is named
	const none: string = await fs.readFile("/greeting.txt");
	// @ts-expect-error: this encoding isn't there
	await fs.readFile("/greeting.txt", "latin1");
	// @ts-expect-error: an object isn't written as text
	await fs.writeFile("/new.json", { a: 1 });
	// @ts-expect-error: for reading, there is readFile
	await fs.writeFile("/new.txt", text, { flag: "r" });
	// @ts-expect-error: flags are node:fs's words, not numbers
	await fs.open("/greeting.txt", 0);
	// @ts-expect-error: how much is an option
	await file.read(100);
	// @ts-expect-error: a URL isn't a path here
	await fs.stat(new URL("file:///greeting.txt"));
	return [bytes, names, size, mtime, none, read, written];
}

/* The File System API: what takes the standard's handles takes ours. */
async function handles(takes: (handle: FileSystemDirectoryHandle) => void) {
	const folder = await getDirectoryHandle("/work");
	takes(folder);
	for await (const [name, handle] of folder)
		if (handle.kind === "file" && handle instanceof FileSystemFileHandle)
			console.log(name, (await handle.getFile()).size, handle.path);
	const file = await folder.getFileHandle("notes", { create: true });
	const stream = await file.createWritable({ keepExistingData: true, mode: "exclusive" });
	await new Blob(["text"]).stream().pipeTo(stream);
	await file.move(folder, "other");
	await file.remove();
	const access = await (await getFileHandle("/work/database")).createSyncAccessHandle({ mode: "read-only" });
	const count: number = access.read(new Uint8Array(10), { at: 5 });
	const observer = new Observer((records) => console.log(records.map(({ type, relativePathComponents }) => type + relativePathComponents.join("/"))));
	await observer.observe(folder, { recursive: true });
	await run("words.wasm", { preopens: { "/project": folder } });
	// @ts-expect-error: the constructor is nobody's
	new Folder();
	// @ts-expect-error: not one of the modes
	await file.createWritable({ mode: "shared" });
	// @ts-expect-error: a file has no entries
	file.entries();
	// @ts-expect-error: a path is text
	await getFileHandle(7);
	return count;
}

function errors(error: unknown): number | string | null {
	if (error instanceof Refused)
		return error.errno === ERRNO.NOTCAPABLE ? error.code : error.call;
	if (error instanceof WasiError)
		return error.errno;
	if (error instanceof GatewayLost)
		return error.unacknowledged?.map(({ call, bytes }) => call + bytes).join() ?? null;
	if (error instanceof ProcessExit)
		return error.code;
	// @ts-expect-error: these numbers are preview1's, not ours to change
	ERRNO.NOENT = 2;
	return error instanceof NotPaired ? error.message : null;
}

export { calls, children, errors, files, handles, instances, options, programs, results };
