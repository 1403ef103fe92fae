//# allFunctionsCalledOnLoad
/* Several calls that need one wait, for JavaScript (calls.js): the page picks handles itself, so a file can be opened, read and closed before anything is
 * answered. */
import { Descriptor, FILETYPE, RIGHT } from "../base/fds.js";
import { readDirents, readFilestat } from "../base/stat.js";

const DIALS_MOST = 128;
/* Until the server has said it. */
const SOCKET_FDSTAT = Uint8Array.from({ length: 24 }, (_, i) => (i === 0 ? FILETYPE.SOCKET_STREAM : 0));
const FOLLOW = 1, DIRECTORY = 2; // path_open's
const LISTING = 1 << 20; // bytes
const LONGEST_ENTRY = 24 + 255; // bytes in a listing

export class CompoundCalls {
	#queue;
	#fds;
	#dials = 0; // dialing()s under way
	#dialing = []; // resolves of those that wait for their turn

	/** @param {import("./call-queue.js").CallQueue} queue @param {import("../base/fds.js").FdTable} fds */
	constructor(queue, fds) {
		this.#queue = queue;
		this.#fds = fds;
	}

	/* If the open failed, it isn't there. */
	#close(handle) {
		this.#queue.ask("fd_close", handle).catch(() => {});
		this.#fds.releaseHandle(handle);
	}

	/** Opens a stream socket and begins to connect it: { fd, opened }. opened: a promise of { local, remote }, as on the wire, one wait later. What is sent and
	 * received before waits in the gateway for the connection, and fails with NOTCONN where that fails. The caller closes fd in any case. More than DIALS_MOST
	 * at a time wait for their turn: three calls of each wait in the gateway. */
	async dialing(endpoint) {
		while (this.#dials >= DIALS_MOST)
			await new Promise(resolve => this.#dialing.push(resolve));
		const OWN = 0, PEER = 1, STREAM = 1;
		const handle = this.#fds.pickHandle();
		const answers = this.#queue.askInTurn(["sock_open", 0, STREAM, handle], ["sock_connect", handle, endpoint, 0],
			["sock_address", handle, OWN], ["sock_address", handle, PEER]);
		const descriptor = new Descriptor(handle, SOCKET_FDSTAT);
		this.#dials++;
		for (const answer of answers)
			answer.catch(() => {});
		const opened = Promise.all(answers).then(([[fdstat], , [local], [remote]]) => {
			descriptor.fdstat.set(fdstat);
			return { local, remote };
		}).finally(() => {
			this.#dials--;
			this.#dialing.shift()?.();
		});
		opened.catch(() => {});
		return { fd: this.#fds.add(descriptor), opened };
	}

	/**
	 * The first `most` bytes of a file, and its filestats before and after they were read; error: why there are none. Rejects with path_open's WasiError.
	 * @param {number} folder a handle
	 * @param {Uint8Array} path from there
	 * @param {number} most
	 */
	async peek(folder, path, most) {
		const handle = this.#fds.pickHandle();
		const answers = this.#queue.askInTurn(["path_open", folder, FOLLOW, path, 0, BigInt(RIGHT.FD_READ | RIGHT.FD_SEEK), 0n, 0, handle],
			["fd_filestat_get", handle], ["fd_pread", handle, 0n, most], ["fd_filestat_get", handle], ["fd_close", handle]);
		this.#fds.releaseHandle(handle);
		const [opened, before, read, after] = await Promise.all(answers.map(answer =>
			answer.then(given => ({ given, error: null }), error => ({ given: null, error }))));
		const error = opened.error ?? before.error ?? after.error;
		if (error !== null)
			throw error;
		return { before: readFilestat(before.given[0]), after: readFilestat(after.given[0]), bytes: read.given?.[0] ?? null, error: read.error };
	}

	/**
	 * A folder's entries, as fd_readdir gives them: one wait for each MiB of them.
	 * @param {number} folder a handle
	 * @param {Uint8Array} path from there
	 * @param {number} bound bytes that an answer may have
	 */
	async list(folder, path, bound) {
		const piece = Math.min(LISTING, bound), handle = this.#fds.pickHandle();
		const [opened, first] = this.#queue.askInTurn(
			["path_open", folder, FOLLOW, path, DIRECTORY, BigInt(RIGHT.FD_READDIR), 0n, 0, handle], ["fd_readdir", handle, 0n, piece]);
		first.catch(() => {}); // the open's error tells why
		try {
			await opened;
			const entries = [];
			for (let [bytes] = await first; ; [bytes] = await this.#queue.ask("fd_readdir", handle, entries.at(-1).next, piece)) {
				for (const entry of readDirents(bytes)) // push(...them) has a bound
					entries.push(entry);
				if (bytes.length < piece - LONGEST_ENTRY)
					return entries;
			}
		} finally {
			this.#close(handle);
		}
	}
}
