//# allFunctionsCalledOnLoad
/* Reads a range of a file in pieces, several of them under way, and notices when the file isn't the one that was looked at any more. */
import { FILETYPE, RIGHT } from "../base/fds.js";
import { bytesUrl } from "../base/urls.js";
import { domError, standard } from "./errors.js";
import { guest } from "./guest.js";

const FOLLOW = 1;
const PIECE = 512 << 10; // bytes of one call
const AHEAD = 6; // calls under way
const SERVED_LEAST = 4 << 20; // bytes that are worth requests
const PART = 8 << 20; // bytes of one request: the gateway gives no more

const changed = path => domError("NotReadableError", `'${path}' has changed since getFile() looked at it`);

/** What a File is of: filestats with other values are of another content. */
const isSame = (one, other) => one.ino === other.ino && one.dev === other.dev && one.size === other.size && one.mtim === other.mtim;

/**
 * The same bytes by requests, which an engine receives with less work than messages: two under way, so that none is waited for. Ends early where calls have to
 * go on: somebody looks at them or makes them fail, a call runs in the gateway, the file was cut, the grant is taken back.
 */
async function* served(wire, start, end) {
	const underWay = [], ending = new AbortController();
	const ask = from => fetch(`${bytesUrl}?${wire.handle}`, { headers: { "Wvwasi-Guest": wire.key, "Range": `bytes=${from}-${Math.min(from + PART, end) - 1}` },
		cache: "no-store", signal: ending.signal }).catch(() => null);
	try {
		for (let at = start, asked = start; at < end;) {
			for (; underWay.length < 2 && asked < end; asked += PART)
				underWay.push(ask(asked));
			const response = await underWay.shift(), until = Math.min(at + PART, end);
			if (response?.status !== 206)
				return;
			for (const reader = response.body.getReader(); at < until;) {
				const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
				if (done)
					return;
				at += value.length;
				yield value;
			}
		}
	} finally {
		ending.abort();
	}
}

/**
 * The bytes from start to end, in order, as Uint8Arrays. looked: the filestat that it had. Throws NotReadableError: it has another content now.
 * @param {string} path
 * @param {any} looked
 * @param {number} start
 * @param {number} end
 */
export async function* pieces(path, looked, start, end) {
	if (start >= end)
		return;
	const { calls, paths } = await guest();
	const { fd: folder, path: relative } = await paths.locate(path, "path_open");
	const fd = await calls.path_open(folder, FOLLOW, relative, 0, BigInt(RIGHT.FD_READ | RIGHT.FD_SEEK), 0n, 0);
	const underWay = [];
	try {
		if (!isSame(looked, await calls.fd_filestat_get(fd)))
			throw changed(path);
		const wire = end - start < SERVED_LEAST ? null : calls.wire(fd);
		let at = start;
		for await (const piece of wire === null ? [] : served(wire, start, end)) {
			at += piece.length;
			if (at >= end && !isSame(looked, await calls.fd_filestat_get(fd)))
				throw changed(path);
			yield piece;
		}
		for (let asked = at; at < end;) {
			for (; underWay.length < AHEAD && asked < end; asked += PIECE) {
				const piece = calls.fd_pread(fd, Math.min(PIECE, end - asked), BigInt(asked));
				piece.catch(() => {}); // thrown when its turn comes
				underWay.push(piece);
			}
			const wanted = Math.min(PIECE, end - at), piece = await underWay.shift();
			if (piece.length !== wanted)
				throw changed(path); // it was cut
			at += wanted;
			if (at >= end && !isSame(looked, await calls.fd_filestat_get(fd)))
				throw changed(path);
			yield piece;
		}
	} finally {
		calls.fd_close(fd).catch(() => {});
	}
}

/** @param {string} path @param {any} looked @param {number} start @param {number} end @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function readRange(path, looked, start, end) {
	return standard(path, async () => {
		const bytes = new Uint8Array(Math.max(0, end - start));
		let at = 0;
		for await (const piece of pieces(path, looked, start, end)) {
			bytes.set(piece, at);
			at += piece.length;
		}
		return bytes;
	});
}

/** A range as a stream, which reads no further ahead than AHEAD pieces. @param {string} path @param {any} looked @param {number} start @param {number} end */
export function streamOf(path, looked, start, end) {
	const source = pieces(path, looked, start, end);
	return new ReadableStream({
		async pull(controller) {
			const { done, value } = await standard(path, () => source.next());
			if (done)
				controller.close();
			else
				controller.enqueue(value);
		},
		async cancel() {
			await source.return(undefined);
		},
	}, { highWaterMark: 0 });
}

/**
 * Looks at a file, and reads it if it has at most `most` bytes: { filestat, bytes or null }. Rejects as the standard says.
 * @param {string} path
 * @param {number} most
 * @param {number} soon how many bytes come with the look itself
 */
export async function lookAndRead(path, most, soon) {
	const TRIES = 8;
	return standard(path, async () => {
		const { calls, paths } = await guest();
		const { fd, path: relative } = await paths.locate(path, "path_open");
		for (let tries = 1; ; tries++) {
			const { before, after, bytes, error } = await calls.file_peek(fd, relative, soon);
			if (before.filetype !== FILETYPE.REGULAR_FILE)
				throw domError("TypeMismatchError", `'${path}' is no file`);
			if (bytes === null)
				throw error;
			const size = Number(after.size);
			if (size > most)
				return { filestat: after, bytes: null };
			if (isSame(before, after) && bytes.length === Math.min(size, soon)) {
				const whole = size <= soon ? bytes : await readRange(path, after, 0, size).catch(error => (tries === TRIES ? Promise.reject(error) : null));
				if (whole !== null)
					return { filestat: after, bytes: whole };
			}
			if (tries === TRIES)
				throw changed(path);
		}
	});
}
