//# allFunctionsCalledOnLoad
/* wasi:filesystem of WASI 0.3: what is as in 0.2, but stored otherwise, is filesystem.js's. */
import { ERRNO } from "../base/errors.js";
import { ByteSink, ByteSource } from "./async-bytes.js";
import { HostFuture, giveStream, takeStream } from "./async-streams.js";
import { Descriptor, DirectoryEntryStream, isDots } from "./descriptor.js";
import { filesystemFunctions, typeOf } from "./filesystem.js";
import { errorCode } from "./host.js";
import { isText, nextEntry } from "./listing.js";
import { READY } from "./poll.js";
import { InputStream, OutputStream } from "./streams.js";

const OTHER_ERROR = 36, OTHER_TYPE = 7;
const OPTION = 4; // where a variant has option<string>
const ENTRY = 24, NAME = 16;

/* error-code has no would-block, the second of 0.2; what isn't there is other(none). */
function storeError(view, at, errno) {
	const code = errorCode(errno);
	view.setUint8(at, errno === ERRNO.AGAIN ? OTHER_ERROR : code > 1 ? code - 1 : code);
	view.setUint8(at + OPTION, 0);
}

/* descriptor-type has no unknown, the first of 0.2, but other(none). */
function storeType(view, at, filetype) {
	const type = typeOf(filetype);
	view.setUint8(at, type === 0 ? OTHER_TYPE : type - 1);
	view.setUint8(at + OPTION, 0);
}

const LAYOUT = { version: "@0.3", error: { size: 16, align: 4 }, type: { size: 16, align: 4 }, storeError, storeType };
const OF_02 = /descriptor\.(read|write)$|directory-entry-stream/;

/* What stores result<_, error-code>. */
const resultOf = errno => (guest, pointer) => {
	const at = guest.place(pointer, 20, 4), { view } = guest;
	view.setUint8(at, errno === 0 ? 0 : 1);
	if (errno !== 0)
		storeError(view, at + 4, errno);
};

/* A folder's entries. */
class EntrySource {
	size = ENTRY;
	isReady = true;
	#stream;
	#future;

	constructor(stream, future) {
		this.#stream = stream;
		this.#future = future;
	}

	pull(host, most, then) {
		return nextEntry(host, this.#stream, (errno, entry) => {
			if (errno === 0 && entry !== null && isDots(entry))
				return this.pull(host, most, then);
			const failed = errno !== 0 ? errno : entry === null || isText(entry.name) ? 0 : ERRNO.ILSEQ;
			if (failed === 0 && entry !== null)
				return then([entry, ...this.#followers(most - 1)]);
			this.#future.resolve(resultOf(failed));
			return then(null);
		});
	}

	/* Those that have come with it, up to the first that can't be given. */
	#followers(most) {
		const stream = this.#stream, list = [];
		for (let next = stream.entries[stream.at]; list.length < most && next !== undefined && isText(next.name); next = stream.entries[++stream.at])
			if (!isDots(next))
				list.push(next);
		return list;
	}

	store(guest, pointer, entries) {
		entries.forEach(({ type, name }, i) => {
			storeType(guest.view, pointer + ENTRY * i, type);
			guest.setList(pointer + ENTRY * i + NAME, name);
		});
	}

	waitsFor() {
		return READY;
	}

	drop(host) {
		this.#future.resolve(resultOf(0));
		return this.#stream.drop(host);
	}
}

/** key of interfaces.js -> (guest, ...i32) => result or MISS. */
export function asyncFilesystemFunctions(host) {
	const same = Object.fromEntries(Object.entries(filesystemFunctions(host, LAYOUT)).filter(([key]) => !OF_02.test(key)));
	const on = "wasi:filesystem/types@0.3#[method]descriptor.";

	/* tuple<stream, future> */
	function giveBoth(guest, to, make) {
		const at = guest.place(to, 8, 4), future = new HostFuture();
		guest.view.setUint32(at, giveStream(host, make(future)), true);
		guest.view.setUint32(at + 4, giveStream(host, future, true), true);
		return 0;
	}

	/* A file has its bytes at offsets; a device or pipe has no places. */
	const offsetIn = (descriptor, low, high) => (!host.fds.get(descriptor.fd)?.seekable ? null
		: high >>> 0 < 1 << 21 ? (high >>> 0) * 2 ** 32 + (low >>> 0) : BigInt(high >>> 0) << 32n | BigInt(low >>> 0));

	function write(data, stream) {
		const future = new HostFuture();
		return host.after(takeStream(host, data, new ByteSink(stream, future, resultOf)), () => giveStream(host, future, true));
	}

	return {
		...same,
		[`${on}read-via-stream`](guest, handle, low, high, to) {
			const of = host.get(handle, Descriptor);
			return giveBoth(guest, to, future => new ByteSource(new InputStream(of.fd, of, offsetIn(of, low, high)), future, resultOf));
		},
		[`${on}write-via-stream`](guest, handle, data, low, high) {
			const of = host.get(handle, Descriptor);
			return write(data, new OutputStream(of.fd, of, offsetIn(of, low, high)));
		},
		[`${on}append-via-stream`](guest, handle, data) {
			const of = host.get(handle, Descriptor);
			return write(data, new OutputStream(of.fd, of, null, true));
		},
		[`${on}read-directory`](guest, handle, to) {
			const of = host.get(handle, Descriptor);
			return giveBoth(guest, to, future => new EntrySource(new DirectoryEntryStream(of), future));
		},
	};
}
