/* Reads of files through their window (cache/readahead.js): fd_read and fd_pread alike. */
import { wide } from "../fds.js";
import { NUMBERS } from "../syscalls.js";
import { MISS } from "../trampoline.js";

/** at: the offset of a pread, or null: the descriptor's own, which moves. What the window lacks is asked for, so that no read ends early. */
export function readFile(program, descriptor, at, iovecs, count, length, nread) {
	const { ahead, memory } = program;
	const offset = at ?? descriptor.offset;
	const served = ahead.serve(descriptor, offset, length, iovecs, count);
	if (served >= 0)
		return finish(served);
	const took = -1 - served;
	const from = wide(offset, took);
	const asked = ahead.want(descriptor, offset, length - took);
	const w = program.ask(at === null ? NUMBERS.fd_read : NUMBERS.fd_pread, (bytes, sent) => {
		ahead.keep(descriptor, from, bytes, asked, sent);
		return finish(took + memory.scatter(iovecs, count, bytes, took, 0, Math.min(bytes.length, length - took)));
	});
	w.u32(descriptor.handle);
	w.u64(from);
	w.u32(Math.min(asked, program.bounds.data));
	return MISS;

	function finish(total) {
		const end = wide(offset, total);
		ahead.readTo(descriptor, end);
		if (at === null)
			descriptor.offset = end;
		memory.setU32(nread, total);
		return 0;
	}
}
