//# allFunctionsCalledOnLoad
/* fd_lock, which programs import from "wvwasi": always sent to the server. Gathered calls go first, and what is known of the file is forgotten. */
import { Reader } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

const RESULT = 24; // bytes: lock u32 at 0, start u64 at 8, length u64 at 16
const UNLOCK = 0;

export function lockImports(program) {
	const { memory, fds } = program;
	return {
		fd_lock(fd, lock, flags, startLow, startHigh, lengthLow, lengthHigh, pointer) {
			if (pointer !== 0 && !memory.holds(pointer, RESULT))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			return program.afterOutput(() => {
				const w = program.askReporting(NUMBERS.fd_lock, descriptor, bytes => {
					if (lock !== UNLOCK)
						program.cache.locked(descriptor);
					if (pointer === 0)
						return 0;
					const r = new Reader(bytes);
					memory.write(pointer, new Uint8Array(RESULT));
					memory.setU32(pointer, r.u32());
					memory.write((pointer >>> 0) + 8, r.rest());
					return 0;
				});
				w.u32(descriptor.handle);
				w.u32(lock);
				w.u32(flags);
				w.u64halves(startLow, startHigh);
				w.u64halves(lengthLow, lengthHigh);
				return MISS;
			});
		},
	};
}
