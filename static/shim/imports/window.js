//# allFunctionsCalledOnLoad
/* Reads of files: fd_read and fd_pread alike, through the file's window (cache/readahead.js) where it may have one. */
import { wide } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

/** at: the offset of a pread, or null: the descriptor's own, which moves. What a window or one answer lacks is asked for, so that no read
 * ends before its file does. */
export function readFile(program, descriptor, at, iovecs, count, length, nread) {
	const ahead = descriptor.cached ? program.ahead : null;
	const offset = at ?? descriptor.offset;
	const served = ahead === null ? -1 : ahead.serve(descriptor, offset, length, iovecs, count);
	if (served < 0)
		return askFor(program, descriptor, ahead, at, offset, served, iovecs, count, length, nread);
	return finish(program, descriptor, ahead, at, offset, served, nread);
}

function finish(program, descriptor, ahead, at, offset, total, nread) {
	const end = wide(offset, total);
	ahead?.readTo(descriptor, end);
	if (at === null)
		descriptor.offset = end;
	program.memory.setU32(nread, total);
	return 0;
}

/* What the window lacks; served: -1 - how many bytes it had. */
function askFor(program, descriptor, ahead, at, offset, served, iovecs, count, length, nread) {
	const { memory } = program;
	if (ahead !== null && served === -1 && ahead.isDoubtful(descriptor, offset))
		return program.settle(again);
	if (ahead !== null && served === -1 && ahead.isWorthALook(descriptor, offset))
		return look();
	ahead?.missed(descriptor, offset);
	return askFrom(-1 - served);

	function again() {
		memory.refresh();
		const kept = ahead.serve(descriptor, offset, length, iovecs, count);
		return kept >= 0 ? end(kept) : askFrom(-1 - kept);
	}

	function look() {
		program.askEither(NUMBERS.fd_filestat_get, (errno, bytes, since) => {
			ahead.looked(descriptor, errno, bytes, since);
			return again();
		}).u32(descriptor.handle);
		return MISS;
	}

	function askFrom(done) {
		const from = wide(offset, done);
		const coming = ahead?.coming(descriptor, from) ?? null;
		if (coming !== null && coming.flight.answered)
			return take(coming, done, false);
		if (coming !== null)
			return program.settleOn(coming.flight, () => {
				memory.refresh();
				return take(coming, done, true);
			});
		const asked = Math.min(program.bounds.data, ahead === null ? length - done : ahead.want(descriptor, offset, from, length - done));
		if (ahead !== null && program.leases?.contents.mayLease(descriptor))
			program.leases.contents.lease(descriptor.handle, () => descriptor);
		const w = program.ask(at === null ? NUMBERS.fd_read : NUMBERS.fd_pread, (bytes, since) => {
			ahead?.keep(descriptor, from, bytes, asked, since);
			return goOn(bytes, asked, done);
		});
		w.u32(descriptor.handle);
		w.u64(from);
		w.u32(asked);
		return MISS;
	}

	/* What was asked for before the program did. */
	function take(coming, done, waited) {
		const bytes = ahead.take(descriptor, coming, waited);
		return bytes === null ? askFrom(done) : goOn(bytes, coming.asked, done);
	}

	function goOn(bytes, asked, done) {
		const total = done + memory.scatter(iovecs, count, bytes, done, 0, Math.min(bytes.length, length - done));
		return bytes.length === asked && total < length ? askFrom(total) : end(total);
	}

	function end(total) {
		return finish(program, descriptor, ahead, at, offset, total, nread);
	}
}
