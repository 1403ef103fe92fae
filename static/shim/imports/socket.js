//# allFunctionsCalledOnLoad
/* Listening sockets that were granted, and the connections accepted on them. */
import { Reader } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { Descriptor } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

const WRITING = 2; // sock_shutdown's flag

/** Asks for a socket, whose descriptor goes to `pointer`: MISS. name: for messages and the debugger; words: the call's arguments before the new handle,
 * numbers or bytes; onopened: (fdstat) => void. */
export function askForSocket(program, call, name, pointer, words, onopened = null) {
	const { memory, fds } = program;
	return program.afterOutput(() => {
		const handle = fds.pickHandle();
		const w = program.askEither(NUMBERS[call], (errno, bytes) => {
			if (errno !== 0) {
				fds.releaseHandle(handle);
				return errno;
			}
			const descriptor = new Descriptor(handle, bytes);
			descriptor.name = name;
			onopened?.(descriptor.fdstat.slice());
			if (call === "sock_accept")
				program.cache.connected(descriptor);
			memory.setU32(pointer, fds.add(descriptor));
			return 0;
		});
		for (const word of words)
			typeof word === "number" ? w.u32(word) : w.string(word);
		w.u32(handle);
		return MISS;
	});
}

/* One function for the whole kind: the reason is in index.js. */
export function socketImports(program) {
	const { memory, fds, bounds } = program;

	function askShutdown(descriptor, how) {
		const w = program.ask(NUMBERS.sock_shutdown, () => {
			if ((how & WRITING) !== 0 && descriptor.sends !== null)
				descriptor.sends.ended = true;
			return 0;
		});
		w.u32(descriptor.handle);
		w.u32(how);
		return MISS;
	}

	return {
		sock_accept(fd, flags, pointer) {
			if (!memory.holds(pointer, 4))
				return ERRNO.FAULT;
			const listener = fds.get(fd);
			if (listener === undefined)
				return ERRNO.BADF;
			return askForSocket(program, "sock_accept", "connection", pointer, [listener.handle, flags]);
		},

		sock_recv(fd, iovecs, count, riFlags, nread, roFlags) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nread, 4) || !memory.holds(roFlags, 2))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			return program.cache.sendError(descriptor) || program.afterOutput(() => {
				const w = program.askEither(NUMBERS.sock_recv, (errno, bytes) => {
					const r = new Reader(bytes);
					const failed = errno !== 0 || bytes.length <= 4 ? program.cache.sendError(descriptor) : 0; // the send came first
					if (failed || errno)
						return failed || errno;
					memory.setU16(roFlags, r.u32());
					memory.setU32(nread, memory.scatter(iovecs, count, r.rest()));
					return 0;
				});
				w.u32(descriptor.handle);
				w.u32(riFlags);
				w.u32(Math.min(length, bounds.data));
				return MISS;
			});
		},

		sock_send(fd, iovecs, count, siFlags, nsent) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nsent, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			let sent = 0;
			const ask = () => {
				const part = Math.min(length - sent, bounds.data);
				const w = program.askEither(NUMBERS.sock_send, (errno, bytes) => {
					const now = errno === 0 ? new Reader(bytes).u32() : 0;
					sent += now;
					if (now === part && sent < length && descriptor.writesAll)
						return ask();
					if (errno !== 0 && sent === 0)
						return errno;
					memory.setU32(nsent, sent);
					return 0;
				});
				w.u32(descriptor.handle);
				w.u32(siFlags);
				w.u32(part);
				memory.gather(iovecs, count, w.room(part), sent);
				return MISS;
			};
			return siFlags === 0 ? program.cache.sendOr(ask, descriptor, iovecs, count, length, nsent) : ask();
		},

		sock_shutdown(fd, how) {
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			return program.cache.afterSends(descriptor, () => program.cache.sendError(descriptor) || askShutdown(descriptor, how));
		},
	};
}
