//# allFunctionsCalledOnLoad
/* fd_read and fd_write: on files by the page's offset, on stdin from what the page knows and then from the server, on stdout and stderr
 * to the page itself. */
import { Reader } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { FDFLAGS, RIGHT, narrow } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";
import { readFile } from "./window.js";

/* One function for the whole kind: the reason is in index.js. */
export function streamImports(program) {
	const { memory, fds, policy, stdin, bounds } = program;

	/* stdin's first bytes came with the hello: the page hands them out itself. */
	function readStdin(iovecs, count, length, nread) {
		const left = stdin.bytes.length - stdin.at;
		if (left === 0 && !stdin.eof)
			return MISS;
		const took = memory.scatter(iovecs, count, stdin.bytes, 0, stdin.at, stdin.at + Math.min(left, length));
		stdin.at += took;
		memory.setU32(nread, took);
		return 0;
	}

	/* Streams: a read gives the bytes that are there. */
	function askRead(descriptor, iovecs, count, length, nread) {
		if (descriptor.isInput)
			program.onreads?.(true);
		const w = program.askEither(NUMBERS.fd_read, (errno, bytes) => {
			if (descriptor.isInput)
				program.onreads?.(false);
			if (errno !== 0)
				return errno;
			const took = memory.scatter(iovecs, count, bytes);
			if (descriptor.isInput)
				stdin.at = Math.min(stdin.at + took, stdin.bytes.length);
			memory.setU32(nread, took);
			return 0;
		});
		w.u32(descriptor.handle);
		w.u64(descriptor.isInput ? stdin.at : 0);
		w.u32(Math.min(length, bounds.data));
		return MISS;
	}

	function writeOut(descriptor, iovecs, count, length, nwritten) {
		const bytes = new Uint8Array(length);
		memory.gather(iovecs, count, bytes);
		const left = program.output.write(descriptor.output, bytes);
		memory.setU32(nwritten, length);
		if (left)
			return program.afterPage();
		return program.settle(() => {
			program.output.flush();
			return program.afterPage();
		});
	}

	return {
		fd_read(fd, iovecs, count, nread) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nread, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			if (descriptor.seekable && !descriptor.adrift)
				return readFile(program, descriptor, null, iovecs, count, length, nread);
			if (descriptor.seekable)
				return program.anchored(descriptor, () => readFile(program, descriptor, null, iovecs, count, length, nread));
			if (descriptor.isInput && policy.local && !program.inherits.stdin && descriptor.may(RIGHT.FD_READ)
			    && readStdin(iovecs, count, length, nread) === 0)
				return 0;
			return program.cache.sendError(descriptor) || program.afterOutput(() => askRead(descriptor, iovecs, count, length, nread));
		},

		fd_write(fd, iovecs, count, nwritten) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nwritten, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const out = descriptor.output !== null;
			const shown = out && !program.inherits[descriptor.output];
			if (shown && policy.local && descriptor.may(RIGHT.FD_WRITE))
				return writeOut(descriptor, iovecs, count, length, nwritten);
			const ask = () => ((descriptor.flags & FDFLAGS.APPEND) === 0
				? program.anchored(descriptor, () => askWrite(descriptor, iovecs, count, length, nwritten, shown))
				: askWrite(descriptor, iovecs, count, length, nwritten, shown));
			if (descriptor.sends !== null)
				return program.cache.sendOr(ask, descriptor, iovecs, count, length, nwritten);
			return out ? ask() : program.cache.writeOr(ask, descriptor, null, iovecs, count, length, nwritten);
		},
	};

	/* More than one call may carry goes in several, so that a write is whole. */
	function askWrite(descriptor, iovecs, count, length, nwritten, shown) {
		let done = 0;
		const writeNext = () => {
			const part = Math.min(length - done, bounds.data);
			const w = program.askEither(NUMBERS.fd_write, (errno, bytes) => {
				if (errno !== 0) {
					program.cache.reported(descriptor);
					return done > 0 ? finish() : errno;
				}
				const r = new Reader(bytes);
				const wrote = r.u32();
				if (shown)
					showOut(descriptor, iovecs, count, wrote, done);
				done += wrote;
				if (descriptor.seekable) {
					descriptor.offset = narrow(r.u64());
					descriptor.adrift = false;
				}
				return wrote === part && done < length && (descriptor.seekable || descriptor.writesAll) ? writeNext() : finish();
			});
			w.u32(descriptor.handle);
			w.u64(descriptor.offset);
			w.u32(part);
			memory.gather(iovecs, count, w.room(part), done);
			if (descriptor.seekable)
				program.pipeline.note({ call: "fd_write", path: descriptor.name, bytes: part });
			return MISS;
		};
		const finish = () => {
			memory.setU32(nwritten, done);
			return 0;
		};
		return writeNext();
	}

	function showOut(descriptor, iovecs, count, wrote, skip) {
		const bytes = new Uint8Array(wrote);
		memory.gather(iovecs, count, bytes, skip);
		program.output.write(descriptor.output, bytes);
	}
}
