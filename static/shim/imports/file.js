/* Calls on open files, but fd_read and fd_write (stream.js). */
import { Reader } from "../codec.js";
import { ERRNO } from "../errors.js";
import { RIGHT, narrow, wide } from "../fds.js";
import { NUMBERS } from "../syscalls.js";
import { MISS } from "../trampoline.js";

const SET = 0, CUR = 1;

export function fileImports(program) {
	const { memory, fds, policy, bounds } = program;

	/* A call on a descriptor, answered without bytes: handle, then what `args` writes. */
	function plain(number, args, done) {
		return (fd, ...rest) => {
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const w = program.ask(number, done && (() => done(descriptor, ...rest)));
			w.u32(descriptor.handle);
			args?.(w, ...rest);
			return MISS;
		};
	}

	return {
		fd_advise: plain(NUMBERS.fd_advise, (w, offsetLow, offsetHigh, lengthLow, lengthHigh, advice) => {
			w.u64halves(offsetLow, offsetHigh);
			w.u64halves(lengthLow, lengthHigh);
			w.u32(advice);
		}),
		fd_allocate: plain(NUMBERS.fd_allocate, (w, offsetLow, offsetHigh, lengthLow, lengthHigh) => {
			w.u64halves(offsetLow, offsetHigh);
			w.u64halves(lengthLow, lengthHigh);
		}),
		fd_sync: plain(NUMBERS.fd_sync),
		fd_datasync: plain(NUMBERS.fd_datasync),
		fd_filestat_set_size: plain(NUMBERS.fd_filestat_set_size, (w, low, high) => w.u64halves(low, high)),
		fd_filestat_set_times: plain(NUMBERS.fd_filestat_set_times, (w, atimLow, atimHigh, mtimLow, mtimHigh, flags) => {
			w.u64halves(atimLow, atimHigh);
			w.u64halves(mtimLow, mtimHigh);
			w.u32(flags);
		}),
		fd_fdstat_set_flags: plain(NUMBERS.fd_fdstat_set_flags, (w, flags) => w.u32(flags), (descriptor, flags) => {
			descriptor.flags = flags;
			return 0;
		}),
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
			program.ask(NUMBERS.fd_close).u32(descriptor.handle);
			fds.remove(fd);
			fds.releaseHandle(descriptor.handle);
			return MISS;
		},

		/* On the wire it only ends `to`. */
		fd_renumber(from, to) {
			const source = fds.get(from);
			const target = fds.get(to);
			if (source === undefined || target === undefined)
				return ERRNO.BADF;
			if (source === target)
				return 0;
			const w = program.ask(NUMBERS.fd_renumber);
			w.u32(source.handle);
			w.u32(target.handle);
			fds.renumber(from, to);
			fds.releaseHandle(target.handle);
			return MISS;
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
			program.ask(NUMBERS.fd_filestat_get, bytes => (memory.write(pointer, bytes), 0)).u32(descriptor.handle);
			return MISS;
		},

		fd_pread(fd, iovecs, count, offsetLow, offsetHigh, nread) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nread, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
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
			const part = Math.min(length, bounds.data);
			const w = program.ask(NUMBERS.fd_pwrite, bytes => {
				memory.setU32(nwritten, new Reader(bytes).u32());
				return 0;
			});
			w.u32(descriptor.handle);
			w.u64halves(offsetLow, offsetHigh);
			w.u32(part);
			memory.gather(iovecs, count, w.room(part));
			program.pipeline.note({ call: "fd_pwrite", path: descriptor.name, bytes: part });
			return MISS;
		},

		fd_seek(fd, deltaLow, deltaHigh, whence, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (policy.local && descriptor.seekable && descriptor.may(RIGHT.FD_SEEK) && (whence === SET || whence === CUR)) {
				const to = wide(whence === SET ? 0 : descriptor.offset, signed64(deltaLow, deltaHigh));
				if (to < 0 || to > 0x7FFFFFFFFFFFFFFFn)
					return ERRNO.INVAL;
				descriptor.offset = to;
				memory.setU64(pointer, to);
				return 0;
			}
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
		},

		fd_tell(fd, pointer) {
			if (!memory.holds(pointer, 8))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (policy.local && descriptor.seekable && descriptor.may(RIGHT.FD_TELL)) {
				memory.setU64(pointer, descriptor.offset);
				return 0;
			}
			const w = program.ask(NUMBERS.fd_tell, bytes => (memory.write(pointer, bytes), 0));
			w.u32(descriptor.handle);
			w.u64(descriptor.offset);
			return MISS;
		},
	};
}

/* Two i32 as an s64: a Number where that is exact. */
function signed64(low, high) {
	const number = (high | 0) * 0x100000000 + (low >>> 0);
	return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, BigInt(high | 0) << 32n | BigInt(low >>> 0));
}
