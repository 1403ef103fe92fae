//# allFunctionsCalledOnLoad
/* Preopened folders' names, and listings. */
import { ERRNO } from "../base/errors.js";
import { fromHalves } from "../base/fds.js";
import { DIRENT } from "../base/names.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

/* One function for the whole kind: the reason is in index.js. */
export function directoryImports(program) {
	const { memory, fds, policy, bounds } = program;
	return {
		fd_prestat_get(fd, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (!policy.local) {
				program.ask(NUMBERS.fd_prestat_get, bytes => (memory.write(pointer, bytes), 0)).u32(descriptor.handle);
				return MISS;
			}
			if (descriptor.preopen === null)
				return ERRNO.BADF;
			memory.setU32(pointer, 0); // a folder; padding
			memory.setU32(pointer + 4, descriptor.preopen.length);
			return 0;
		},

		fd_prestat_dir_name(fd, pointer, length) {
			length >>>= 0;
			if (!memory.holds(pointer, length))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (!policy.local) {
				const w = program.ask(NUMBERS.fd_prestat_dir_name, bytes => (memory.write(pointer, bytes), 0));
				w.u32(descriptor.handle);
				w.u32(length);
				return MISS;
			}
			if (descriptor.preopen === null)
				return ERRNO.BADF;
			if (length < descriptor.preopen.length)
				return ERRNO.NAMETOOLONG;
			memory.write(pointer, descriptor.preopen);
			return 0;
		},

		fd_readdir(fd, buffer, length, cookieLow, cookieHigh, used) {
			length >>>= 0;
			if (!memory.holds(buffer, length) || !memory.holds(used, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const cookie = fromHalves(cookieLow, cookieHigh);
			const listed = program.cache.list(descriptor, cookie, length);
			if (listed !== null)
				return give(listed, buffer, length, used);
			const asked = program.cache.listBytes(descriptor, length);
			if (asked === 0)
				return fill(descriptor, cookie, buffer, length, used);
			const w = program.ask(NUMBERS.fd_readdir, (bytes, since) => {
				program.cache.keepListing(descriptor, cookie, bytes, asked, since);
				return give(bytes, buffer, length, used);
			});
			w.u32(descriptor.handle);
			w.u64(cookie);
			w.u32(asked);
			if (cookie === 0)
				program.cache.asksListing(descriptor);
			return MISS;
		},
	};

	function give(bytes, buffer, length, used) {
		memory.write(buffer, bytes.subarray(0, length));
		memory.setU32(used, Math.min(length, bytes.length));
		return 0;
	}

	/* Fewer bytes than the buffer holds mean the end to the guest; so a buffer larger than one answer may be is filled by several. */
	function fill(descriptor, cookie, buffer, length, used) {
		let done = 0;
		const askNext = from => {
			const most = Math.min(length - done, bounds.data);
			const w = program.ask(NUMBERS.fd_readdir, bytes => {
				const whole = most < length - done && bytes.length === most ? wholeRecords(bytes) : null;
				memory.write(buffer + done, whole === null ? bytes : bytes.subarray(0, whole.end));
				done += whole === null ? bytes.length : whole.end;
				if (whole !== null && whole.end > 0)
					return askNext(whole.next);
				memory.setU32(used, done);
				return 0;
			});
			w.u32(descriptor.handle);
			w.u64(from);
			w.u32(most);
			return MISS;
		};
		return askNext(cookie);
	}
}

/* Where the last whole record ends, and the cookie of what follows it. */
function wholeRecords(bytes) {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const whole = { end: 0, next: 0n };
	for (let at = 0; at + DIRENT <= bytes.length;) {
		const end = at + DIRENT + view.getUint32(at + 16, true);
		if (end > bytes.length)
			break;
		whole.end = end;
		whole.next = view.getBigUint64(at, true);
		at = end;
	}
	return whole;
}
