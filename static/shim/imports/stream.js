/* fd_read and fd_write: on files by the page's offset, on stdin from what the page knows and then from the server, on stdout and stderr
 * to the page itself. */
import { Reader } from "../codec.js";
import { ERRNO } from "../errors.js";
import { RIGHT, narrow } from "../fds.js";
import { NUMBERS } from "../syscalls.js";
import { MISS } from "../trampoline.js";

export function streamImports(program) {
	const { memory, fds, policy, stdin, bounds } = program;

	/* stdin's first bytes came with the hello: the page hands them out itself. */
	function readStdin(iovecs, count, length, nread) {
		const left = stdin.bytes.length - stdin.at;
		if (left === 0 && !stdin.eof)
			return MISS;
		const took = memory.scatter(iovecs, count, stdin.bytes.subarray(stdin.at, stdin.at + Math.min(left, length)));
		stdin.at += took;
		memory.setU32(nread, took);
		return 0;
	}

	function writeOut(descriptor, iovecs, count, length, nwritten) {
		const bytes = new Uint8Array(length);
		memory.gather(iovecs, count, bytes);
		program.output.write(descriptor.stream, bytes);
		memory.setU32(nwritten, length);
		return 0;
	}

	return {
		fd_read(fd, iovecs, count, nread) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nread, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			let from = descriptor.offset;
			if (descriptor.stream === "stdin") {
				if (policy.local && !program.inherits.stdin && descriptor.may(RIGHT.FD_READ)
				    && readStdin(iovecs, count, length, nread) === 0)
					return 0;
				from = stdin.at;
			}
			const w = program.ask(NUMBERS.fd_read, bytes => {
				const took = memory.scatter(iovecs, count, bytes);
				descriptor.advance(took);
				if (descriptor.stream === "stdin")
					stdin.at = Math.min(stdin.at + took, stdin.bytes.length);
				memory.setU32(nread, took);
				return 0;
			});
			w.u32(descriptor.handle);
			w.u64(from);
			w.u32(Math.min(length, bounds.data));
			return MISS;
		},

		fd_write(fd, iovecs, count, nwritten) {
			const length = memory.iovecsLength(iovecs, count);
			if (length < 0 || !memory.holds(nwritten, 4))
				return ERRNO.FAULT;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const out = descriptor.stream === "stdout" || descriptor.stream === "stderr";
			const shown = out && !program.inherits[descriptor.stream];
			if (shown && policy.local && descriptor.may(RIGHT.FD_WRITE))
				return writeOut(descriptor, iovecs, count, length, nwritten);

			/* More than one call may carry goes in several, so that a file's write is whole. */
			let done = 0;
			const writeNext = () => {
				const part = Math.min(length - done, bounds.data);
				const w = program.askEither(NUMBERS.fd_write, (errno, bytes) => {
					if (errno !== 0)
						return done > 0 ? finish() : errno;
					const r = new Reader(bytes);
					const wrote = r.u32();
					if (shown)
						showOut(descriptor, iovecs, count, wrote, done);
					done += wrote;
					if (descriptor.seekable)
						descriptor.offset = narrow(r.u64());
					return wrote === part && done < length && descriptor.seekable ? writeNext() : finish();
				});
				w.u32(descriptor.handle);
				w.u64(descriptor.offset);
				w.u32(part);
				memory.gather(iovecs, count, w.room(part), done);
				if (!out)
					program.pipeline.note({ call: "fd_write", path: descriptor.name, bytes: part });
				return MISS;
			};
			const finish = () => {
				memory.setU32(nwritten, done);
				return 0;
			};
			return writeNext();
		},
	};

	function showOut(descriptor, iovecs, count, wrote, skip) {
		const bytes = new Uint8Array(wrote);
		memory.gather(iovecs, count, bytes, skip);
		program.output.write(descriptor.stream, bytes);
	}
}
