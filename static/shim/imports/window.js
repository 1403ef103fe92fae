//# allFunctionsCalledOnLoad
/* Reads of files, for fd_read and fd_pread: from the cached bytes as far as possible. */
import { wide } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

/** at: the offset of a pread, or null: the descriptor's own, which moves. The server is asked for the rest, so that no read ends before its file does. */
export function readFile(program, descriptor, at, iovecs, count, length, nread) {
	const offset = at ?? descriptor.offset;
	const served = program.cache.serve(descriptor, offset, length, iovecs, count);
	const read = { at, offset, iovecs, count, length, nread };
	return served < 0 ? askFor(program, descriptor, read, -1 - served) : finish(program, descriptor, read, served);
}

function finish(program, descriptor, { at, offset, nread }, total) {
	const end = wide(offset, total);
	program.cache.readTo(descriptor, end);
	if (at === null)
		descriptor.offset = end;
	program.memory.setU32(nread, total);
	return 0;
}

/* The rest of a read, of which so many bytes are there. */
function askFor(program, descriptor, read, served) {
	const { memory, cache } = program;
	const { at, offset, iovecs, count, length } = read;
	if (served === 0 && cache.isDoubtful(descriptor, offset))
		return program.settle(again);
	if (served === 0 && cache.isWorthALook(descriptor, offset))
		return look();
	cache.misses(descriptor, offset);
	return askFrom(served);

	function again() {
		memory.refresh();
		const kept = cache.serve(descriptor, offset, length, iovecs, count);
		return kept >= 0 ? finish(program, descriptor, read, kept) : askFrom(-1 - kept);
	}

	function look() {
		program.askEither(NUMBERS.fd_filestat_get, (errno, bytes, since) => {
			cache.looked(descriptor, errno, bytes, since);
			return again();
		}).u32(descriptor.handle);
		return MISS;
	}

	function askFrom(done) {
		const from = wide(offset, done);
		const coming = cache.coming(descriptor, from);
		if (coming !== null && coming.flight.answered)
			return take(coming, done, false);
		if (coming !== null)
			return program.settleOn(coming.flight, () => {
				memory.refresh();
				return take(coming, done, true);
			});
		const asked = Math.min(program.bounds.data, cache.want(descriptor, offset, from, length - done));
		cache.asksRead(descriptor);
		const w = program.ask(at === null ? NUMBERS.fd_read : NUMBERS.fd_pread, (bytes, since) => {
			cache.came(descriptor, from, bytes, asked, since);
			return goOn(bytes, asked, done);
		});
		w.u32(descriptor.handle);
		w.u64(from);
		w.u32(asked);
		return MISS;
	}

	/* What was asked for before the program did. */
	function take(coming, done, waited) {
		const bytes = cache.take(descriptor, coming, waited);
		return bytes === null ? askFrom(done) : goOn(bytes, coming.asked, done);
	}

	function goOn(bytes, asked, done) {
		const total = done + memory.scatter(iovecs, count, bytes, done, 0, Math.min(bytes.length, length - done));
		return bytes.length === asked && total < length ? askFrom(total) : finish(program, descriptor, read, total);
	}
}
