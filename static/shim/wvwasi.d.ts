/** The shim's public door: /_wvwasi/wvwasi.js. */

/** A WebAssembly.Module. TypeScript's own type of that name is empty, so that everything would fit; a Module fits this one, and little else. */
type CompiledModule = { readonly byteLength?: never };
/** What a program is: a URL, a fetch()'s Response, its bytes, or a compiled module. */
export type Program = string | URL | Response | Promise<Response> | ArrayBuffer | ArrayBufferView | CompiledModule;
/** A granted guest path, a folder below one, or either with less: read-only. */
export type Grant = string | { path: string; readonly?: boolean };
export type Output = ((bytes: Uint8Array) => void | Promise<void>) | WritableStream<Uint8Array> | "capture" | "inherit" | null;
/** Text (sent as UTF-8) or a BufferSource. Anything else is a TypeError before anything has happened. */
export type Bytes = string | ArrayBuffer | ArrayBufferView;
/** A stream or iterable that fails ends the program, and run() rejects with its error. */
export type Input = string | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string> | "inherit" | null;
export type Wait = "jspi" | "shared" | "xhr";
export type Coherence = "default" | "strict" | "trap";

export interface Tty {
	/** Who edits lines: an app's terminal before it writes whole ones, or the program. Echo and keys are the app's affair in both. */
	mode?: "line" | "raw";
	columns?: number;
	rows?: number;
}

export interface EntryOptions {
	/** In a worker that the shim didn't start: a function that gives a fresh ticket (the page's getTicket()). */
	ticket?: () => string | Promise<string>;
	/** Without a session the page is led to where it can get in ("enter", the default), or NotPaired is thrown. */
	unpaired?: "enter" | "throw";
}

export interface GuestOptions extends EntryOptions {
	/** argv, the program's name first. Default: the last part of the program's URL; for /_wvwasi/program.wasm the gateway's own. */
	args?: (string | Uint8Array)[];
	/** Merged over the gateway's --env. */
	env?: Record<string, string | Uint8Array>;
	/** guest path -> grant; keys get descriptors 3, 4, … in order. Default: every grant under its own name. The list is all that the program
	 * gets: one that opens /dev/null needs `"/dev": "/dev"` in it. */
	preopens?: Record<string, Grant>;
	/** Rules as `--net` takes them, that the program is kept to, within what the user allows; []: no network. Default: all that the user allows. */
	net?: string[];
	/** Rules as `--inject` takes them, beside the gateway's own: what goes wrong with the program's calls, e.g. "fd_write:error=ENOSPC:when=3+". 16 at most. */
	inject?: string[];
	/** Default: at its end; for spawn(), fed through child.stdin. */
	stdin?: Input;
	stdout?: Output;
	stderr?: Output;
	/** Descriptors 0 to 2 are a terminal's; COLUMNS and LINES are set. */
	tty?: Tty;
	/** Default "auto": the fastest that the browser has. */
	wait?: Wait | "auto";
	/** "strict": every call that isn't purely local waits for its own answer; "trap": local ones too go to the gateway. */
	coherence?: Coherence;
	/** A debugger came, went, stopped the program, let it go on. The page shows a badge meanwhile in any case. */
	onWatch?: (state: { watched: boolean; controlled: boolean; stopped: boolean }) => void;
}

export interface Progress {
	phase: "download" | "compile" | "run";
	loaded: number;
	/** 0: unknown */
	total: number;
}

export interface RunOptions extends GuestOptions {
	onProgress?: (progress: Progress) => void;
	/** The program begins to wait for its standard input (true), or goes on. Not called where the gateway's own input is its. */
	onReading?: (waits: boolean) => void;
	/** Ends the program; the promise rejects with the signal's reason. */
	signal?: AbortSignal;
	/** While the program runs, the browser asks the user before the page is reloaded, left or closed (default: true). Give false for a program that may end
	 * at any time, such as one that the page starts again by itself. */
	askBeforeUnload?: boolean;
	/** While a debugger looks on it is shown the page's console and uncaught errors too. */
	debug?: { console?: boolean };
	/** Further imports of the module: values that can be posted, or the URL of an ES module whose default export is the imports, or a
	 * function that makes them (it runs in the program's worker). */
	imports?: WebAssembly.Imports | string | URL;
	/** A recording (`--record`) of this program, which answers its calls in place of the gateway's folders, clocks and sockets; args, env, preopens, stdin, net and
	 * inject are the recording's then. Rejects with RecordingError: it is of another program, a call differs from it, or it ends before the program does. */
	replay?: Replayed | Promise<Replayed>;
	/** Which run of a recording that has several, from 0. Default: the first one of this program. */
	replayRun?: number;
	/** The program outlives its page for ten minutes: kept() of the next page in this tab finds it, by that name, and resume() goes on with it. It runs with coherence
	 * "strict" while it is kept. TypeError: it can't be kept (docs/KEEPING.md). */
	keep?: boolean | string;
	/** "input": it is kept from when it first reads its standard input, and runs as any other up to there; one that can't be kept runs all the same, and onUnkept
	 * says so. Default: "start". */
	keepFrom?: "start" | "input";
	/** It ends with its page after all; a sentence says why. Default: the console says it. */
	onUnkept?: (sentence: string) => void;
}

/** A program of an earlier page in this tab. */
export interface Kept {
	/** What `keep` was, if it was a string; else "". */
	readonly name: string;
	/** The program's. */
	readonly url: string;
	readonly args: string[];
	/** When it began: ms since 1970. */
	readonly since: number;
}

export interface Stats {
	/** Calls that the program made. */
	syscalls: number;
	/** Those of them that didn't wait for the gateway. */
	local: number;
	/** Batches that the program had to wait for. */
	roundTrips: number;
	/** Messages that the page sent, the hello excluded. */
	messages: number;
	bytesSent: number;
	bytesReceived: number;
	/** Of what the page itself knows and guesses: after one the program asks the server for everything, as in "strict". */
	faults: number;
	byName: Record<string, number>;
}

/** A write that failed and that the program never asked about. */
export interface WriteError {
	path: string | null;
	call: string;
	errno: number;
	name: string;
}

/** A call of the program that failed: with a path, of a file that it wrote, or of a socket's address. */
export interface FailedCall {
	/** the function, such as "path_open" */
	call: string;
	/** as the program sees it, such as "/work/notes.txt"; null: it has none */
	path: string | null;
	/** of a socket: "127.0.0.1:80"; of sock_getaddrinfo the name and the service: "example.org:80" */
	address: string | null;
	/** preview1's number; sock_getaddrinfo may give others, which are WasmEdge's */
	errno: number;
	/** its name, such as "NOENT" */
	name: string;
	/** when, in milliseconds since 1970 */
	time: number;
}

/** One of a program's last calls. */
export interface LastCall {
	/** the function, such as "fd_read" */
	call: string;
	/** its arguments in the order of the wire (docs/PROTOCOL.md), numbers in decimal; null: what a pointer leads to. null: they aren't kept any more */
	args: (string | null)[] | null;
	/** of the file or folder that it is about, as the program sees it; null: it has none */
	path: string | null;
	/** as FailedCall's */
	address: string | null;
	/** 0: it succeeded; null: it had no result yet */
	errno: number | null;
	/** its name, such as "NOENT"; "": none */
	name: string;
	/** what it gave: bytes, events, the descriptor that it made; null: nothing, or that isn't known */
	value: number | null;
	/** false: the page answered it itself */
	waited: boolean;
	/** in milliseconds since 1970: when it was done, or, if the program didn't wait for it, the one before */
	time: number;
}

export interface Result {
	/** null: killed without one */
	exitCode: number | null;
	/** with "capture" */
	stdout?: Uint8Array;
	stderr?: Uint8Array;
	wait: Wait;
	writeErrors: WriteError[];
	/** The last 32 that failed, the oldest first; none of a program that was killed. A trap's error has them, too. */
	failedCalls: FailedCall[];
	/** The last 128 of a program that didn't end with 0, behind those of failedCalls that came before; the oldest first. Clocks, random bytes, arguments, and where
	 * a descriptor stands aren't kept. None of a program that was killed. A trap's error has them, too. */
	lastCalls: LastCall[];
	stats: Stats;
	/** it ended by kill() */
	killed?: true;
}

export interface Stdin {
	/** Text or bytes. Resolves when they are on their way: slower when the program doesn't read. */
	write(data: Bytes): Promise<void>;
	/** Ctrl-D: one read gives zero bytes. */
	mark(): Promise<void>;
	close(): Promise<void>;
	/** A new stream over it, to pipe into. */
	readonly writable: WritableStream<string | Uint8Array>;
}

export interface Child {
	/** null where an option says what stdin is */
	readonly stdin: Stdin | null;
	/** null where an option says where it goes. Left unread, what is over 1 MiB is dropped. */
	readonly stdout: ReadableStream<Uint8Array> | null;
	readonly stderr: ReadableStream<Uint8Array> | null;
	/** The folders that it was given, by the paths that it sees. */
	readonly preopens: readonly { path: string; readonly: boolean }[];
	/** Rejects with the program's trap (a WebAssembly.RuntimeError with the wasm stack), GatewayLost, or the signal's reason. */
	readonly exited: Promise<Result>;
	/** Ends it now. On pages with shared memory exited resolves when everything that it was told as written is. keep: if the gateway keeps it, it ends only here:
	 * kept() has it, for resume(). */
	kill(options?: { exitCode?: number | null; reason?: string; keep?: boolean }): void;
	/** Notes the terminal's new size in `tty`, for the next program. preview1 can't tell one that runs, whose COLUMNS and LINES stay as they were at its start:
	 * an app with a terminal of its own writes a report to stdin when the program asked for it (CSI 18 t, mode 2048), as the terminal page does. */
	resize(columns: number, rows: number): void;
	stats(): Stats;
}

/** Starts a program in a worker of its own; resolves when it runs. */
export function spawn(module: Program, options?: RunOptions): Promise<Child>;
/**
 * Has the next run() or spawn() begin sooner: two workers stand ready with their connections, and the program at the URL is downloaded and compiled. The connections
 * stand for ten minutes, on the gateway's own machine alone, and not for wait: "xhr" or a page that gives its own tickets: then they are made at the start.
 * After a page's first program this is so by itself: it keeps the programs that it ran by URL, up to 128 MiB of WebAssembly, and asks the server
 * before each start whether the file is still the same. Resolves when the program is compiled; rejects where run() would.
 */
export function prepare(module?: string | URL): Promise<void>;
/** The programs that earlier pages in this tab kept (`keep`), the newest last. They may have ended meanwhile. */
export function kept(): Kept[];
/**
 * Goes on with one: runs it up to where it stood, without side effects, printing what it had printed, and then on. Its args, env and grants stay. Rejects with Refused if it is
 * gone or another page has it, with GatewayLost if the program's file has changed. back: 1: it goes on at its last read of standard input, as if that had not been
 * answered; 2: at the one before, and so on; only in the page in which it was killed. What it has asked of the gateway since stays done, and what it has opened since is
 * closed; onBack says whether there was any. Rejects, and ends it, if it has closed since what it had open there.
 */
export function resume(kept: Kept, options?: Pick<RunOptions, "ticket" | "unpaired" | "stdout" | "stderr" | "tty" | "wait" | "onWatch" | "onProgress" | "onReading" | "onUnkept"
	| "signal" | "debug"> & { back?: number; onBack?: (what: { asked: boolean }) => void }): Promise<Child>;
/** Starts a program and waits for its end. */
export function run(module: Program, options?: RunOptions): Promise<Result>;

/** A guest for an instance that the app makes itself, in its own worker, as with node:wasi. */
export class WASI {
	static connect(options?: GuestOptions): Promise<WASI>;
	readonly wait: Wait;
	readonly imports: { wasi_snapshot_preview1: Record<string, WebAssembly.ExportValue>; wvwasi: Record<string, WebAssembly.ExportValue> };
	/** An instance with `imports` and these, whichever version of WasmEdge's sockets the program imports; `imports` alone has version 2. */
	instantiate(module: WebAssembly.Module, imports?: WebAssembly.Imports): Promise<WebAssembly.Instance>;
	/** Runs _start; gives the exit code. */
	start(instance: WebAssembly.Instance): Promise<number>;
	/** Runs _initialize; gives the exports, functions as promises that run one after the other. proc_exit in one rejects with ProcessExit. */
	initialize(instance: WebAssembly.Instance): Promise<Record<string, any>>;
	readonly writeErrors: WriteError[];
	/** with "capture", after the end */
	readonly stdout: Uint8Array | undefined;
	readonly stderr: Uint8Array | undefined;
	stats(): Stats;
	/** Ends a reactor's guest. */
	close(): void;
}

/** A fresh ticket, for workers that the shim didn't start. */
export function getTicket(): Promise<string>;

export interface ConnectOptions extends EntryOptions {
	args?: (string | Uint8Array)[];
	env?: Record<string, string | Uint8Array>;
	preopens?: Record<string, Grant>;
	stdin?: Input;
	stdout?: Output;
	stderr?: Output;
}

export function connect(options?: ConnectOptions): Promise<Calls>;

export type Path = string | Uint8Array;
type U64 = bigint | number;
export interface Fdstat { filetype: number; flags: number; rightsBase: bigint; rightsInheriting: bigint }
export interface Filestat { dev: bigint; ino: bigint; filetype: number; nlink: bigint; size: bigint; atim: bigint; mtim: bigint; ctim: bigint }
export interface Dirent { name: string | Uint8Array; type: number; ino: bigint; next: bigint }
export type Subscription = { userdata?: U64; type: "clock"; id?: number; timeout?: U64; precision?: U64; flags?: number }
	| { userdata?: U64; type: "fd_read" | "fd_write"; fd: number };
export interface PollEvent { userdata: bigint; error: number; type: "clock" | "fd_read" | "fd_write"; nbytes: bigint; flags: number }

/** connect()'s options, as in the WinterTC Sockets API (draft of 2026). */
export interface SocketOptions {
	/** "off" (default): plaintext; "on": TLS from the start; "starttls": plaintext until startTls(). */
	secureTransport?: "off" | "on" | "starttls";
	/** true: the socket can still send after the other side has ended. Default: false, it closes then. */
	allowHalfOpen?: boolean;
	/** The name that the server's certificate must have. Default: the hostname. */
	sni?: string | null;
	/** ALPN: application protocols to offer, the preferred one first. */
	alpn?: string[];
}

export interface SocketInfo {
	/** "127.0.0.1:5432", "[::1]:5432" */
	remoteAddress: string;
	localAddress: string;
	/** The protocol that the server selected; null without ALPN. */
	alpn: string | null;
}

/** A TCP connection (`--net tcp:HOST:PORT`). */
export interface Socket {
	/** Received bytes. While nobody reads it, the peer is held up. */
	readonly readable: ReadableStream<Uint8Array>;
	/** Sends bytes; a string is sent as UTF-8. */
	readonly writable: WritableStream<string | BufferSource>;
	/** Resolves when it is connected (and secure, with "on"). Rejects with a SocketError. */
	readonly opened: Promise<SocketInfo>;
	/** Resolves when it is closed; rejects with a SocketError if an error closed it. */
	readonly closed: Promise<void>;
	/** Whether startTls() was called. */
	readonly upgraded: boolean;
	readonly secureTransport: "off" | "on" | "starttls";
	/** Closes the socket and both streams at once. reason: the error of its streams. */
	close(reason?: unknown): Promise<void>;
	/** Starts TLS. Returns the socket to use from here on; this one is closed. Throws a SocketError unless secureTransport is "starttls". */
	startTls(options?: { sni?: string; alpn?: string[] }): Socket;
}

/** The error of a socket's promises and streams. */
export class SocketError extends TypeError {
	/** preview1's error name, such as "CONNREFUSED", or null. "ACCES": no `--net` rule allows it. */
	readonly code: string | null;
	readonly cause?: unknown;
}

export interface ListenOptions {
	/** An address of this machine. Default: "127.0.0.1". */
	hostname?: string;
	/** Default: 0, any free port. */
	port?: number;
	/** How many connections may wait to be accepted. Default: 128. */
	backlog?: number;
	/** Of the accepted sockets, as in SocketOptions. */
	allowHalfOpen?: boolean;
}

/** Accepts connections (`--net listen:ADDRESS:PORT`), by accept() or for await. */
export interface Listener extends AsyncIterable<Socket> {
	/** Resolves when it listens. Rejects with a SocketError. */
	readonly opened: Promise<{ localAddress: string; port: number }>;
	readonly closed: Promise<void>;
	/** Waits for a connection; null once the listener is closed. Rejects with a SocketError. */
	accept(): Promise<Socket | null>;
	/** Stops listening. Accepted sockets stay open. */
	close(): Promise<void>;
}

export interface DatagramOptions {
	/** The peer of datagrams that are written without an address. */
	remoteAddress?: string;
	remotePort?: number;
	/** Binds the socket, which then receives from everybody (`--net listen:`). Otherwise it receives only from peers to which it has sent. */
	localAddress?: string;
	localPort?: number;
}

export interface Datagram {
	data: Uint8Array;
	remoteAddress: string;
	remotePort: number;
}

export interface OutgoingDatagram {
	data: string | BufferSource;
	remoteAddress?: string;
	remotePort?: number;
}

/** UDP (`--net udp:HOST:PORT`), modelled on Direct Sockets' UDPSocket. A datagram may be lost, as UDP allows. */
export interface DatagramSocket {
	readonly readable: ReadableStream<Datagram>;
	readonly writable: WritableStream<OutgoingDatagram>;
	/** localAddress is "" unless the socket was bound. Rejects with a SocketError. */
	readonly opened: Promise<{ localAddress: string }>;
	readonly closed: Promise<void>;
	close(): Promise<void>;
}

/** w.net, and what /_wvwasi/sockets.js exports. */
export interface Network {
	/** Opens a TCP or TLS connection. address: also "HOST:PORT". Throws a TypeError for bad arguments; for everything else the socket's promises reject. */
	connect(address: string | { hostname: string; port: number }, options?: SocketOptions): Socket;
	listen(options?: ListenOptions): Listener;
	udp(options?: DatagramOptions): DatagramSocket;
}

/** Used by /_wvwasi/sockets.js: import that. */
export const sharedNetwork: Network & Pick<Calls, "fetch">;

/** Every call as a promise: docs/API.md. They reject with a WasiError. */
export interface Calls {
	/** Sockets, as far as the gateway's `--net` rules allow them. */
	readonly net: Network;
	/** fetch() through the gateway (`--net https:HOST`): no CORS, no cookies. Ignores mode, credentials, cache, integrity, referrer and keepalive. */
	fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
	/** scratch: the private /tmp, which no other program sees and which goes with close(). */
	readonly preopens: { fd: number; path: string; readonly: boolean; scratch: boolean }[];
	readonly sockets: { fd: number; address: string }[];
	/** The descriptor of "/", else of the first folder; null without any. */
	readonly rootFd: number | null;
	readonly wasiSnapshotPreview1: Calls;
	readonly fs: Files;
	/** Ends the guest. */
	close(): void;

	args_get(): Promise<(string | Uint8Array)[]>;
	args_sizes_get(): Promise<{ count: number; size: number }>;
	environ_get(): Promise<(string | Uint8Array)[]>;
	environ_sizes_get(): Promise<{ count: number; size: number }>;
	clock_res_get(clock: number): Promise<bigint>;
	clock_time_get(clock: number, precision?: U64): Promise<bigint>;
	fd_advise(fd: number, offset: U64, length: U64, advice: number): Promise<void>;
	fd_allocate(fd: number, offset: U64, length: U64): Promise<void>;
	fd_close(fd: number): Promise<void>;
	fd_datasync(fd: number): Promise<void>;
	fd_fdstat_get(fd: number): Promise<Fdstat>;
	fd_fdstat_set_flags(fd: number, flags: number): Promise<void>;
	fd_fdstat_set_rights(fd: number, rightsBase: U64, rightsInheriting: U64): Promise<void>;
	/** Ours, beside preview1. lock: 0 unlock, 1 shared, 2 exclusive; flags: 1 wait, 2 test: nothing is locked, and somebody else's lock that is in the way is
	 * given, or lock 0. length 0: to the end. FileHandle.lock() is the same in words. Throws AGAIN, BADF, NOLCK, INVAL. */
	fd_lock(fd: number, lock: 0 | 1 | 2, flags?: 0 | 1 | 2, start?: U64, length?: U64): Promise<{ lock: 0 | 1 | 2; start: bigint; length: bigint }>;
	fd_filestat_get(fd: number): Promise<Filestat>;
	fd_filestat_set_size(fd: number, size: U64): Promise<void>;
	fd_filestat_set_times(fd: number, atim: U64, mtim: U64, flags: number): Promise<void>;
	fd_pread(fd: number, maxBytes: number, offset: U64): Promise<Uint8Array>;
	fd_prestat_get(fd: number): Promise<{ tag: 0; nameLength: number }>;
	fd_prestat_dir_name(fd: number, maxBytes?: number): Promise<string>;
	fd_pwrite(fd: number, bytes: Bytes, offset: U64): Promise<number>;
	fd_read(fd: number, maxBytes: number): Promise<Uint8Array>;
	fd_readdir(fd: number, cookie: U64, maxBytes: number): Promise<Dirent[]>;
	fd_renumber(from: number, to: number): Promise<void>;
	fd_seek(fd: number, delta: U64, whence: number): Promise<bigint>;
	fd_sync(fd: number): Promise<void>;
	fd_tell(fd: number): Promise<bigint>;
	fd_write(fd: number, bytes: Bytes): Promise<number>;
	path_create_directory(fd: number, path: Path): Promise<void>;
	/** Ours, beside preview1. Makes a file, with what may be done to the open file `like` (its mode, less the umask), and opens it to read and write: its
	 * descriptor. Throws EXIST, INVAL where `like` is no regular file, and what path_open throws. */
	path_create_like(fd: number, path: Path, like: number): Promise<number>;
	path_filestat_get(fd: number, lookupFlags: number, path: Path): Promise<Filestat>;
	path_filestat_set_times(fd: number, lookupFlags: number, path: Path, atim: U64, mtim: U64, flags: number): Promise<void>;
	path_link(fd: number, lookupFlags: number, path: Path, newFd: number, newPath: Path): Promise<void>;
	path_open(fd: number, lookupFlags: number, path: Path, oflags: number, rightsBase: U64, rightsInheriting: U64, fdflags: number): Promise<number>;
	path_readlink(fd: number, path: Path, maxBytes: number): Promise<string | Uint8Array>;
	path_remove_directory(fd: number, path: Path): Promise<void>;
	path_rename(fd: number, path: Path, newFd: number, newPath: Path): Promise<void>;
	path_symlink(target: Path, fd: number, path: Path): Promise<void>;
	path_unlink_file(fd: number, path: Path): Promise<void>;
	poll_oneoff(subscriptions: Subscription[]): Promise<PollEvent[]>;
	proc_exit(code: number): Promise<void>;
	proc_raise(signal: number): Promise<void>;
	random_get(length: number): Promise<Uint8Array>;
	sched_yield(): Promise<void>;
	sock_accept(fd: number, flags: number): Promise<number>;
	/** Opens a socket, neither bound nor connected (`--net`). type: 1 stream, 2 datagram. */
	sock_open(family: 0 | 4 | 6, type: 1 | 2): Promise<number>;
	/** endpoint: as on the wire (docs/PROTOCOL.md, Sockets). flags 1: rejects with INPROGRESS at once; poll_oneoff reports when it is connected. */
	sock_connect(fd: number, endpoint: Uint8Array, flags?: number): Promise<void>;
	/** The socket's own endpoint (0) or its peer's (1). */
	sock_address(fd: number, which: 0 | 1): Promise<Uint8Array>;
	sock_bind(fd: number, endpoint: Uint8Array): Promise<void>;
	sock_listen(fd: number, backlog: number): Promise<void>;
	sock_get_option(fd: number, level: number, option: number): Promise<bigint>;
	sock_set_option(fd: number, level: number, option: number, value: bigint): Promise<void>;
	sock_send_to(fd: number, data: Bytes, endpoint: Uint8Array, siFlags?: number): Promise<number>;
	sock_receive_from(fd: number, maxBytes: number, riFlags?: number): Promise<{ endpoint: Uint8Array; bytes: Uint8Array }>;
	/** Looks a name up; gives those of its endpoints that a rule allows. port 0: at any port. */
	sock_resolve(name: string, port: number, family?: 0 | 4 | 6, type?: 0 | 1 | 2): Promise<Uint8Array[]>;
	/** name: that the certificate must have. options: ALPN's list. Gives version, cipher and protocol, each ended by a NUL. */
	sock_start_tls(fd: number, name: string, options?: Uint8Array): Promise<Uint8Array>;
	/** request: its head; gives a socket for its body and the response (docs/PROTOCOL.md, Requests). */
	http_request(request: Uint8Array): Promise<number>;
	sock_recv(fd: number, maxBytes: number, riFlags?: number): Promise<{ bytes: Uint8Array; roFlags: number }>;
	sock_send(fd: number, bytes: Bytes, siFlags?: number): Promise<number>;
	sock_shutdown(fd: number, how: number): Promise<void>;
}

export interface Kind { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }
export interface FileStats extends Kind {
	dev: bigint; ino: bigint; nlink: number; size: number; mtimeNs: bigint; mtimeMs: number; atime: Date; mtime: Date; ctime: Date;
}

export type OpenFlags = "r" | "r+" | "w" | "wx" | "w+" | "wx+" | "a" | "ax" | "a+" | "ax+";
export type Time = Date | number;
type Utf8 = "utf8" | { encoding: "utf8" };

export interface LockRange {
	/** byte, default 0 */
	start?: U64;
	/** bytes, default 0: to the end, however long the file grows */
	length?: U64;
}

/** An open file. Times are Dates, or seconds since 1970. */
export interface FileHandle {
	/** The descriptor, for the calls. */
	readonly fd: number;
	/** At `position`, or at the file's offset, which moves. Empty at the end. length: bytes, 64 KiB unless given. */
	read(options?: { length?: number; position?: U64 | null }): Promise<Uint8Array>;
	/** Writes everything; gives the number of bytes. */
	write(data: Bytes, options?: { position?: U64 | null }): Promise<number>;
	readFile(): Promise<Uint8Array>;
	readFile(encoding: Utf8): Promise<string>;
	writeFile(data: Bytes): Promise<void>;
	appendFile(data: Bytes): Promise<void>;
	stat(): Promise<FileStats>;
	truncate(length?: U64): Promise<void>;
	utimes(atime: Time, mtime: Time): Promise<void>;
	sync(): Promise<void>;
	datasync(): Promise<void>;
	/** Locks bytes of the file: shared, or exclusive, for which it must be open for writing. Waits until others unlock them; with wait: false it gives false
	 * instead. The lock belongs to this handle, and ends with unlock(), the handle or the page. It is advisory: it excludes pages, programs and (by fcntl(2))
	 * native programs that lock too. Rejects with a WasiError: BADF the file isn't open for it, NOLCK more than 1,024 ranges. */
	lock(options?: LockRange & { exclusive?: boolean; wait?: boolean }): Promise<boolean>;
	/** Unlocks that range, which may be a part of what was locked. */
	unlock(options?: LockRange): Promise<void>;
	/** Rejects with the error of an earlier write that failed, if there is one. */
	close(): Promise<void>;
}

export interface WatchOptions {
	/** folders below it too; filename is then a path from the watched folder */
	recursive?: boolean;
	signal?: AbortSignal;
	/** how many events may wait to be taken (default: 2,048) */
	maxQueue?: number;
	/** what happens to more: they are dropped (the default), or the watch rejects */
	overflow?: "ignore" | "throw";
	/** of node's: it changes nothing here */
	persistent?: boolean;
}
/** rename: a name came or went; change: a file's content or attributes changed */
export interface FileChange<Name> { eventType: "rename" | "change"; filename: Name }

/** Files as in node:fs/promises, by absolute guest paths (bytes where a name isn't UTF-8). Errors are WasiError with the `path`. */
export interface Files {
	open(path: Path, flags?: OpenFlags): Promise<FileHandle>;
	readFile(path: Path): Promise<Uint8Array>;
	readFile(path: Path, encoding: Utf8): Promise<string>;
	writeFile(path: Path, data: Bytes, options?: { flag?: "w" | "wx" | "a" | "ax" }): Promise<void>;
	appendFile(path: Path, data: Bytes): Promise<void>;
	truncate(path: Path, length?: U64): Promise<void>;
	copyFile(from: Path, to: Path, options?: { exclusive?: boolean }): Promise<void>;
	cp(from: Path, to: Path, options?: { recursive?: boolean }): Promise<void>;
	readdir(path: Path): Promise<(string | Uint8Array)[]>;
	readdir(path: Path, options: { withFileTypes: true }): Promise<({ name: string | Uint8Array } & Kind)[]>;
	stat(path: Path): Promise<FileStats>;
	lstat(path: Path): Promise<FileStats>;
	utimes(path: Path, atime: Time, mtime: Time): Promise<void>;
	symlink(target: Path, path: Path): Promise<void>;
	readlink(path: Path): Promise<string | Uint8Array>;
	link(path: Path, newPath: Path): Promise<void>;
	rename(from: Path, to: Path): Promise<void>;
	mkdir(path: Path, options?: { recursive?: boolean }): Promise<void>;
	/** A folder of its own: prefix and six random letters. Gives its path. */
	mkdtemp(prefix: string): Promise<string>;
	/** What happens in a folder, or to a file, from the first next() on. Rejects with AbortError when the signal is aborted, with WasiError: NOTSUP where the
	 * file system reports no changes (network, FUSE), NOSPC when more than 1,024 folders are watched. */
	watch(path: Path, options?: "utf8" | WatchOptions & { encoding?: "utf8" | null }): AsyncGenerator<FileChange<string>, void>;
	watch(path: Path, options: "buffer" | WatchOptions & { encoding: "buffer" }): AsyncGenerator<FileChange<Uint8Array>, void>;
	unlink(path: Path): Promise<void>;
	rmdir(path: Path): Promise<void>;
	rm(path: Path, options?: { recursive?: boolean; force?: boolean }): Promise<void>;
}

/** preview1's error numbers by name. */
export const ERRNO: Readonly<Record<string, number>>;

/** A call that failed: errno is preview1's number, name its name ("NOENT"), call the function. */
export class WasiError extends Error {
	constructor(errno: number, call: string, detail?: string);
	errno: number;
	call: string;
	/** of w.fs: the path that was given */
	path?: Path;
}
/** The gateway refused a guest: what was asked for isn't granted (errno NOTCAPABLE), or the page is of another version (code 4409). */
export class Refused extends WasiError {
	code: number;
}
/** The connection to the gateway is gone, and with it the program. */
export class GatewayLost extends Error {
	/** of the connection's end; 0: --inject cut it */
	code: number;
	/** Writes of which nobody knows whether they were done; null where the program couldn't be asked any more. */
	unacknowledged: { call: string; path: string | null; bytes: number }[] | null;
	/** No gateway served this page: it was opened as a file, or from another server. */
	foreign: boolean;
}
/**
 * A change failed after the program had been told that it succeeded, so the program was ended there. Everything before it is done, nothing after it.
 */
export class ChangeLost extends Error {
	/** The function of preview1: "fd_sync", "path_rename". */
	call: string;
	/** What the program had opened or named; null where that isn't known any more. */
	path: string | null;
	errno: number;
}
/** What a recording may be given as. */
export type Replayed = Blob | Response | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** A recording can't be read, or what runs isn't what was recorded: message says which call differs, and how. */
export class RecordingError extends Error {}
export class ProcessExit extends Error {
	code: number;
}
export class NotPaired extends Error {}

declare global {
	interface WindowEventMap {
		/** The shim is about to show the user a notice above the page; preventDefault() keeps it from that, for an app that says it itself. gone: the gateway
		 * can't be reached; removed: its user ended this browser's session; foreign: it didn't serve this page; discarded: the browser had discarded the page, and a program with it. */
		"wvwasi-notice": CustomEvent<{ kind: "gone" | "removed" | "foreign" | "discarded"; message: string }>;
	}
}
