//# allFunctionsCalledOnLoad
/* Calls on open files, but fd_read and fd_write (stream.js). */
import { Reader } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { FILETYPE, RIGHT, fromHalves, narrow, wide } from "../base/fds.js";
import { sizeOf } from "../base/names.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";
import { readFile } from "./window.js";

const SET = 0, CUR = 1, END = 2;
const LAST_ADVICE = 5;
const SIZE_MAX = 64 << 20; // that a file is given without waiting
const FSTFLAGS_ALL = 15, FSTFLAGS_SET = 5; // a time and "now" are neighbours

/* One function for the whole kind: the reason is in index.js. */
export function fileImports(program) {
	const { memory, fds, policy, bounds } = program;

	/* A call on a descriptor, answered without bytes: handle, then what `args` writes. */
	function plain(number, args, done) {
		return (fd, ...rest) => {
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const w = program.askReporting(number, descriptor, done && (() => done(descriptor, ...rest)));
			w.u32(descriptor.handle);
			args?.(w, ...rest);
			return MISS;
		};
	}

	/**
	 * One that needn't be waited for if it can be foreseen. isValid: of its other arguments, may it succeed? then: (descriptor), when it was.
	 * @param {string} call
	 * @param {{ args?: (w: any, ...rest: number[]) => void, isValid?: (...rest: number[]) => boolean, then?: (descriptor: any) => void }} [how]
	 */
	function sure(call, { args, isValid = () => true, then = () => {} } = {}) {
		const number = NUMBERS[call];
		const ask = plain(number, args, descriptor => {
			program.cache.succeeded(number, descriptor);
			return 0;
		});
		return (fd, ...rest) => {
			const descriptor = fds.get(fd);
			if (descriptor === undefined || !isValid(...rest) || !program.cache.foresees(number, descriptor))
				return ask(fd, ...rest);
			const w = program.foresee(call, descriptor.name);
			w.u32(descriptor.handle);
			args?.(w, ...rest);
			then(descriptor);
			return 0;
		};
	}

	/* WASI has no sync of a folder, so that needs no server. */
	function sync(call) {
		const change = sure(call);
		return fd => {
			const descriptor = fds.get(fd);
			return program.cache.isOn && descriptor?.filetype === FILETYPE.DIRECTORY && !descriptor.narrowed ? ERRNO.BADF : change(fd);
		};
	}

	/* In ways that weren't followed: what is known of it is old. */
	function wasChanged(descriptor) {
		program.pipeline.epoch++;
		program.cache.wrote(descriptor, null, 0);
	}

	/* The offset from which a seek counts, if the page knows it. */
	function baseOf(descriptor, whence) {
		switch (whence) {
		case SET:
			return 0;
		case CUR:
			return descriptor.adrift ? null : descriptor.offset;
		case END: {
			const stat = program.cache.sizeStat(descriptor);
			return stat === null ? null : sizeOf(stat);
		}
		}
		return null;
	}

	/* Standard streams have neither offset nor inode, whoever is at their other end. */
	function standard(descriptor) {
		return policy.local && descriptor.stream !== null;
	}

	function streamStat({ filetype }) {
		const filestat = new Uint8Array(64);
		filestat[16] = filetype;
		return filestat;
	}

	function askSeek(descriptor, deltaLow, deltaHigh, whence, pointer) {
		const w = program.ask(NUMBERS.fd_seek, bytes => {
			memory.write(pointer, bytes);
			if (descriptor.seekable)
				descriptor.offset = narrow(new Reader(bytes).u64());
			return 0;
		});
		w.u32(descriptor.handle);
		w.u64(descriptor.offset);
		w.u64halves(deltaLow, deltaHigh);
		w.u32(whence);
		return MISS;
	}

	/* Ends a connected socket after its gathered sends; its close leaves at once, for the other end, and isn't waited for. Gives what a send failed with. */
	function endConnection(descriptor) {
		const failed = program.cache.sendError(descriptor);
		program.tell(NUMBERS.fd_close).u32(descriptor.handle);
		fds.releaseHandle(descriptor.handle);
		return program.leave() ? failed : program.settle(() => failed);
	}

	/* Ends a handle; quietly, if no write through it is unacknowledged. A socket's or pipe's close is sent at once, for the other end. */
	function end(descriptor, number, source = null) {
		const { handle } = descriptor;
		if (descriptor.sends !== null && program.cache.isOn)
			return program.cache.afterSends(descriptor, () => endConnection(descriptor));
		fds.releaseHandle(handle);
		if (program.cache.closes(descriptor)) {
			if (!program.untell(descriptor))
				program.tell(NUMBERS.fd_close).u32(handle);
			return 0;
		}
		if (program.cache.foresees(NUMBERS.fd_close, descriptor)) {
			program.foresee("fd_close", descriptor.name).u32(handle);
			return 0;
		}
		const w = program.askReporting(number, descriptor, () => {
			program.cache.succeeded(NUMBERS.fd_close, descriptor);
			return 0;
		});
		if (source !== null)
			w.u32(source.handle);
		w.u32(handle);
		return MISS;
	}

	const setFlags = plain(NUMBERS.fd_fdstat_set_flags, (w, flags) => w.u32(flags), (descriptor, flags) => {
		descriptor.flags = flags;
		return 0;
	});

	return {
		fd_advise(fd, offsetLow, offsetHigh, lengthLow, lengthHigh, advice) {
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const quiet = program.cache.isOn && descriptor.seekable && descriptor.may(RIGHT.FD_ADVISE) && advice >>> 0 <= LAST_ADVICE
				&& lengthHigh >= 0 && offsetHigh >= 0 && program.roomToTell;
			const w = quiet ? program.tell(NUMBERS.fd_advise) : program.ask(NUMBERS.fd_advise);
			w.u32(descriptor.handle);
			w.u64halves(offsetLow, offsetHigh);
			w.u64halves(lengthLow, lengthHigh);
			w.u32(advice);
			return quiet ? 0 : MISS;
		},
		fd_allocate: plain(NUMBERS.fd_allocate, (w, offsetLow, offsetHigh, lengthLow, lengthHigh) => {
			w.u64halves(offsetLow, offsetHigh);
			w.u64halves(lengthLow, lengthHigh);
			program.used += Number(fromHalves(lengthLow, lengthHigh));
		}),
		fd_sync: sync("fd_sync"),
		fd_datasync: sync("fd_datasync"),
		fd_filestat_set_size: sure("fd_filestat_set_size", {
			args: (w, low, high) => w.u64halves(low, high),
			isValid: (low, high) => high === 0 && low >>> 0 <= SIZE_MAX,
			then: wasChanged,
		}),
		fd_filestat_set_times: sure("fd_filestat_set_times", {
			args: (w, atimLow, atimHigh, mtimLow, mtimHigh, flags) => {
				w.u64halves(atimLow, atimHigh);
				w.u64halves(mtimLow, mtimHigh);
				w.u32(flags);
			},
			isValid: (_atimLow, _atimHigh, _mtimLow, _mtimHigh, flags) => flags >>> 0 <= FSTFLAGS_ALL && (flags & flags >>> 1 & FSTFLAGS_SET) === 0,
			then: wasChanged,
		}),
		fd_fdstat_set_flags(fd, flags) {
			const descriptor = fds.get(fd);
			return descriptor === undefined ? ERRNO.BADF : program.cache.afterSends(descriptor, () => setFlags(fd, flags));
		},
		fd_fdstat_set_rights: plain(NUMBERS.fd_fdstat_set_rights, (w, baseLow, baseHigh, inheritingLow, inheritingHigh) => {
			w.u64halves(baseLow, baseHigh);
			w.u64halves(inheritingLow, inheritingHigh);
		}, (descriptor, ...rights) => {
			descriptor.setRights(...rights);
			return 0;
		}),

		/* The descriptor is gone whatever the answer says; an error is that of a write before. */
		fd_close(fd) {
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			fds.remove(fd);
			return end(descriptor, NUMBERS.fd_close);
		},

		/* On the wire it only ends `to`. */
		fd_renumber(from, to) {
			const source = fds.get(from);
			const target = fds.get(to);
			if (source === undefined || target === undefined)
				return ERRNO.BADF;
			if (source === target)
				return 0;
			fds.renumber(from, to);
			return end(target, NUMBERS.fd_renumber, source);
		},

		fd_fdstat_get(fd, pointer) {
			if (!memory.holds(pointer, 24))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (policy.local) {
				memory.write(pointer, descriptor.fdstat);
				return 0;
			}
			program.ask(NUMBERS.fd_fdstat_get, bytes => (memory.write(pointer, bytes), 0)).u32(descriptor.handle);
			return MISS;
		},

		fd_filestat_get(fd, pointer) {
			if (!memory.holds(pointer, 64))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const known = standard(descriptor) && descriptor.may(RIGHT.FD_FILESTAT_GET) ? streamStat(descriptor) : program.cache.stat(descriptor);
			if (known !== null) {
				memory.write(pointer, known);
				return 0;
			}
			program.cache.asksStatOf(descriptor);
			program.ask(NUMBERS.fd_filestat_get, (bytes, since) => {
				memory.write(pointer, bytes);
				program.cache.keepStatOf(descriptor, bytes, since);
				return 0;
			}).u32(descriptor.handle);
			return MISS;
		},

		fd_pread(fd, iovecs, count, offsetLow, offsetHigh, nread) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nread, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const at = fromHalves(offsetLow, offsetHigh);
			if (descriptor.seekable && descriptor.may(RIGHT.FD_SEEK))
				return readFile(program, descriptor, at, iovecs, count, length, nread);
			const w = program.ask(NUMBERS.fd_pread, bytes => {
				memory.setU32(nread, memory.scatter(iovecs, count, bytes));
				return 0;
			});
			w.u32(descriptor.handle);
			w.u64halves(offsetLow, offsetHigh);
			w.u32(Math.min(length, bounds.data));
			return MISS;
		},

		fd_pwrite(fd, iovecs, count, offsetLow, offsetHigh, nwritten) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nwritten, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const ask = () => {
				const part = Math.min(length, bounds.data);
				const w = program.askReporting(NUMBERS.fd_pwrite, descriptor, bytes => {
					memory.setU32(nwritten, new Reader(bytes).u32());
					return 0;
				});
				w.u32(descriptor.handle);
				w.u64halves(offsetLow, offsetHigh);
				w.u32(part);
				memory.gather(iovecs, count, w.room(part));
				program.pipeline.note({ call: "fd_pwrite", path: descriptor.name, bytes: part });
				return MISS;
			};
			return descriptor.may(RIGHT.FD_SEEK)
				? program.cache.writeOr(ask, descriptor, fromHalves(offsetLow, offsetHigh), iovecs, count, length, nwritten) : ask();
		},

		fd_seek(fd, deltaLow, deltaHigh, whence, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (standard(descriptor) && whence >>> 0 <= END)
				return ERRNO.SPIPE;
			const base = policy.local && descriptor.seekable && descriptor.may(RIGHT.FD_SEEK) ? baseOf(descriptor, whence) : null;
			if (base !== null) {
				const to = wide(base, signed64(deltaLow, deltaHigh));
				if (to < 0 || to > 0x7FFFFFFFFFFFFFFFn)
					return ERRNO.INVAL;
				descriptor.offset = to;
				descriptor.adrift = false;
				memory.setU64(pointer, to);
				return 0;
			}
			return program.anchored(descriptor, () => askSeek(descriptor, deltaLow, deltaHigh, whence, pointer));
		},

		fd_tell(fd, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const local = policy.local && descriptor.seekable && descriptor.may(RIGHT.FD_TELL);
			if (local && !descriptor.adrift) {
				memory.setU64(pointer, descriptor.offset);
				return 0;
			}
			return program.anchored(descriptor, () => {
				if (local) {
					memory.refresh();
					memory.setU64(pointer, descriptor.offset);
					return 0;
				}
				const w = program.ask(NUMBERS.fd_tell, bytes => (memory.write(pointer, bytes), 0));
				w.u32(descriptor.handle);
				w.u64(descriptor.offset);
				return MISS;
			});
		},
	};
}

/* Two i32 as an s64: a Number where that is exact. */
function signed64(low, high) {
	const number = (high | 0) * 0x100000000 + (low >>> 0);
	return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, BigInt(high | 0) << 32n | BigInt(low >>> 0));
}
