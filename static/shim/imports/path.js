//# allFunctionsCalledOnLoad
/* Calls that name what they work on by a path. */
import { placeOf } from "../cache/places.js";
import { CALL, Reader, shownText } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { Descriptor, FDFLAGS, FILETYPE, RIGHT } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

const SYMLINK_FOLLOW = 1;
const OFLAG_CREAT = 1, OFLAG_DIRECTORY = 2, OFLAG_TRUNC = 8;

export function pathImports(program) {
	const { memory, fds, bounds } = program;

	/* The errno that a path deserves before anybody looks at it, or 0. */
	function pathFault(pointer, length) {
		if (!memory.holds(pointer, length >>> 0))
			return ERRNO.FAULT;
		return length >>> 0 > bounds.path ? ERRNO.NAMETOOLONG : 0;
	}

	/* fd, path: folder calls that give nothing */
	function onPath(number) {
		return (fd, path, length) => {
			const fault = pathFault(path, length);
			if (fault)
				return fault;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0);
			const w = program.ask(number);
			w.u32(descriptor.handle);
			w.string(name);
			program.leases?.renew(descriptor, name);
			return MISS;
		};
	}

	/* In the open's batch: attributes, and the first bytes of a file or a folder's listing; before those the content's lease, if `leased` says for
	 * which descriptor.
	 * done: ({ filestat, first, listed, since }), null for what there isn't. */
	function askAlong(handle, { bytes: wanted, entries, leased }, done, result) {
		const { pipeline } = program;
		const came = { filestat: null, first: null, listed: null, since: 0 };
		pipeline.call(NUMBERS.fd_filestat_get, wanted || entries ? CALL.LINK : 0, (errno, bytes, since) => {
			came.since = since;
			if (errno === 0)
				came.filestat = bytes;
		});
		pipeline.writer.u32(handle);
		if (wanted && leased !== null)
			program.leases.contents.lease(handle, leased);
		if (wanted || entries) {
			pipeline.call(wanted ? NUMBERS.fd_pread : NUMBERS.fd_readdir, 0, (errno, bytes) => {
				if (errno === 0)
					came[wanted ? "first" : "listed"] = bytes;
			});
			pipeline.writer.u32(handle);
			pipeline.writer.u64(0);
			pipeline.writer.u32(wanted || entries);
		}
		pipeline.finish = () => {
			done(came);
			return result();
		};
	}

	function askStat(w, handle, lookup, name) {
		w.u32(handle);
		w.u32(lookup);
		w.string(name);
	}

	/* What is opened is known: the server binds the handle to the descriptor that it keeps. */
	/* The same for a folder, to be listed. */
	function openListed({ key, opens }, folder, name, pointer) {
		const handle = fds.pickHandle();
		const w = program.tell(NUMBERS.lease_open);
		w.u32(folder.handle);
		w.string(name);
		w.u32(opens.id);
		w.u32(handle);
		const descriptor = new Descriptor(handle, opens.fdstat);
		descriptor.name = shownText(name);
		descriptor.root = folder.root;
		descriptor.identity = key;
		descriptor.place = placeOf(folder, name);
		memory.setU32(pointer, fds.add(descriptor));
		return 0;
	}

	function openKnown(content, folder, name, pointer) {
		const handle = fds.pickHandle();
		const { contents } = program.leases;
		contents.bind(content, folder, name, handle);
		const descriptor = new Descriptor(handle, content.opens.fdstat, content.opens.traits);
		descriptor.name = shownText(name);
		descriptor.root = folder.root;
		contents.adopt(descriptor, content);
		contents.use(content);
		program.ahead.openedKnown(descriptor, content);
		memory.setU32(pointer, fds.add(descriptor));
		return 0;
	}

	/* Also in the open's batch, if the program is one that looks for links in what it opened. */
	function askLinks(folder, name) {
		for (const part of program.paths.linksOf(folder.handle, name)) {
			program.pipeline.call(NUMBERS.path_readlink, 0, (errno, bytes, since) =>
				program.paths.keep(NUMBERS.path_readlink, folder.handle, 0, part, errno, bytes, since));
			const { writer } = program.pipeline;
			writer.u32(folder.handle);
			writer.string(part);
			writer.u32(bounds.path);
		}
	}

	return {
		path_create_directory: onPath(NUMBERS.path_create_directory),
		path_remove_directory: onPath(NUMBERS.path_remove_directory),
		path_unlink_file: onPath(NUMBERS.path_unlink_file),

		path_filestat_get(fd, lookup, path, length, pointer) {
			const fault = memory.holds(pointer, 64) ? pathFault(path, length) : ERRNO.FAULT;
			if (fault)
				return fault;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0);
			program.profile?.asks(descriptor, name, false);
			const { handle } = descriptor;
			const number = NUMBERS.path_filestat_get;
			const finish = (errno, bytes) => {
				if (errno === 0) {
					memory.write(pointer, bytes);
					program.leases?.told(descriptor, name, bytes);
				}
				program.paths?.told(number, handle, lookup, name);
				return errno;
			};
			const leased = lookup >>> 0 <= SYMLINK_FOLLOW ? program.leases?.stat(descriptor, name) : undefined;
			if (leased === null)
				return ERRNO.NOENT;
			if (leased !== undefined) {
				memory.write(pointer, leased);
				program.leases.told(descriptor, name, leased);
				return 0;
			}
			const known = program.paths?.find(number, handle, lookup, name) ?? null;
			if (known !== null)
				return finish(known.errno, known.bytes);
			const along = program.paths?.stats(number, handle, lookup, name) ?? [];
			askStat(program.askEither(number, (errno, bytes, since) => {
				program.paths?.keep(number, handle, lookup, name, errno, bytes, since);
				return finish(errno, bytes);
			}), handle, lookup, name);
			for (const next of along) {
				program.pipeline.call(number, 0, (errno, bytes, since) =>
					program.paths.keep(number, next.handle, next.lookup, next.name, errno, bytes, since));
				askStat(program.pipeline.writer, next.handle, next.lookup, next.name);
			}
			program.leases?.accompany(descriptor, name);
			program.leases?.relearn(descriptor, name);
			program.leases?.asksOf(descriptor, name);
			return MISS;
		},

		path_filestat_set_times(fd, lookup, path, length, atimLow, atimHigh, mtimLow, mtimHigh, flags) {
			const fault = pathFault(path, length);
			if (fault)
				return fault;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0);
			const w = program.ask(NUMBERS.path_filestat_set_times);
			w.u32(descriptor.handle);
			w.u32(lookup);
			w.string(name);
			w.u64halves(atimLow, atimHigh);
			w.u64halves(mtimLow, mtimHigh);
			w.u32(flags);
			program.leases?.renew(descriptor, name);
			return MISS;
		},

		path_link(fd, lookup, path, length, newFd, newPath, newLength) {
			const fault = pathFault(path, length) || pathFault(newPath, newLength);
			if (fault)
				return fault;
			const from = fds.get(fd), to = fds.get(newFd);
			if (from === undefined || to === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0), newName = memory.read(newPath, newLength >>> 0);
			const w = program.ask(NUMBERS.path_link);
			w.u32(from.handle);
			w.u32(lookup);
			w.string(name);
			w.u32(to.handle);
			w.string(newName);
			program.leases?.renew(from, name);
			program.leases?.renew(to, newName);
			return MISS;
		},

		path_rename(fd, path, length, newFd, newPath, newLength) {
			const fault = pathFault(path, length) || pathFault(newPath, newLength);
			if (fault)
				return fault;
			const from = fds.get(fd), to = fds.get(newFd);
			if (from === undefined || to === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0), newName = memory.read(newPath, newLength >>> 0);
			const w = program.ask(NUMBERS.path_rename);
			w.u32(from.handle);
			w.string(name);
			w.u32(to.handle);
			w.string(newName);
			program.leases?.renew(from, name);
			program.leases?.renew(to, newName);
			return MISS;
		},

		path_symlink(target, targetLength, fd, path, length) {
			const fault = pathFault(target, targetLength) || pathFault(path, length);
			if (fault)
				return fault;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0);
			const w = program.ask(NUMBERS.path_symlink);
			w.string(memory.read(target, targetLength >>> 0));
			w.u32(descriptor.handle);
			w.string(name);
			program.leases?.renew(descriptor, name);
			return MISS;
		},

		path_readlink(fd, path, length, buffer, size, used) {
			size >>>= 0;
			const fault = memory.holds(buffer, size) && memory.holds(used, 4) ? pathFault(path, length) : ERRNO.FAULT;
			if (fault)
				return fault;
			const descriptor = fds.get(fd);
			if (descriptor === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0);
			const finish = (errno, bytes) => {
				if (errno !== 0)
					return errno;
				memory.write(buffer, bytes.subarray(0, size));
				memory.setU32(used, Math.min(size, bytes.length));
				return 0;
			};
			program.profile?.asks(descriptor, name, false);
			program.paths?.asked(descriptor.handle, name);
			const type = size > 0 ? program.leases?.typeOf(descriptor, name) : undefined;
			if (type === null)
				return ERRNO.NOENT;
			if (type !== undefined && type !== FILETYPE.SYMBOLIC_LINK && type !== FILETYPE.UNKNOWN)
				return ERRNO.INVAL;
			const known = size > 0 ? program.paths?.find(NUMBERS.path_readlink, descriptor.handle, 0, name) ?? null : null;
			if (known !== null)
				return finish(known.errno, known.bytes);
			const w = program.askEither(NUMBERS.path_readlink, finish);
			w.u32(descriptor.handle);
			w.string(name);
			w.u32(Math.min(size, bounds.data));
			return MISS;
		},

		path_open(fd, lookup, path, length, oflags, baseLow, baseHigh, inheritingLow, inheritingHigh, fdflags, pointer) {
			const fault = memory.holds(pointer, 4) ? pathFault(path, length) : ERRNO.FAULT;
			if (fault)
				return fault;
			const folder = fds.get(fd);
			if (folder === undefined)
				return ERRNO.BADF;
			const name = memory.read(path, length >>> 0);
			const { ahead, leases } = program;
			const only = (oflags & ~OFLAG_DIRECTORY) === 0 && fdflags === 0 && lookup >>> 0 <= SYMLINK_FOLLOW && (baseLow & RIGHT.FD_WRITE) === 0;
			/* opendir asks for NONBLOCK */
			const lists = oflags === OFLAG_DIRECTORY && (fdflags & ~FDFLAGS.NONBLOCK) === 0 && lookup >>> 0 <= SYMLINK_FOLLOW && (baseLow & RIGHT.FD_WRITE) === 0;
			const reads = only && (oflags & OFLAG_DIRECTORY) === 0 && (baseLow & RIGHT.FD_READ) !== 0;
			program.profile?.asks(folder, name, reads);
			if ((oflags & OFLAG_DIRECTORY) !== 0)
				program.profile?.lists(folder, name);
			if ((only || lists) && leases?.isAbsent(folder, name))
				return ERRNO.NOENT;
			if (reads)
				leases?.reads(folder, name);
			/* some open a folder as they would a file, to sync it */
			const listed = lists || only ? leases?.openable(folder, name) ?? null : null;
			if (listed !== null && program.roomToTell && fds.hasHandle(bounds.handles))
				return openListed(listed, folder, name, pointer);
			const known = reads ? leases?.content(folder, name) ?? null : null;
			if (known !== null && program.roomToTell && fds.hasHandle(bounds.handles)) {
				leases.opens(folder, name, false);
				return openKnown(known, folder, name, pointer);
			}
			const handle = fds.pickHandle();
			let descriptor = null, opened = 0;
			const w = program.askEither(NUMBERS.path_open, (errno, bytes) => {
				opened = errno;
				if (errno !== 0) {
					fds.releaseHandle(handle);
					return errno;
				}
				const r = new Reader(bytes);
				descriptor = new Descriptor(handle, r.raw(24), r.u32(), r.u32());
				descriptor.name = shownText(name);
				descriptor.narrowed = folder.narrowed;
				if (descriptor.filetype === FILETYPE.DIRECTORY)
					descriptor.place = placeOf(folder, name);
				descriptor.root = folder.root;
				memory.setU32(pointer, fds.add(descriptor));
				return 0;
			}, ahead === null ? 0 : CALL.LINK);
			w.u32(folder.handle);
			w.u32(lookup);
			w.string(name);
			w.u32(oflags);
			w.u64halves(baseLow, baseHigh);
			w.u64halves(inheritingLow, inheritingHigh);
			w.u32(fdflags);
			w.u32(handle);
			if (ahead !== null) {
				const along = { bytes: Math.min(ahead.firstBytes(oflags, baseLow, leases?.sizeOf(folder, name)), bounds.data), entries: program.listings.firstBytes(oflags, baseLow),
					leased: only && leases !== null && !folder.narrowed ? () => descriptor : null };
				askAlong(handle, along, ({ filestat, first, listed, since }) => {
					if (opened !== 0)
						return;
					ahead.opened(descriptor, filestat, first, along.bytes, since);
					if (listed !== null)
						program.listings.keep(descriptor, 0n, listed, along.entries, since);
				}, () => opened);
				askLinks(folder, name);
			}
			leases?.accompany(folder, name, (oflags & OFLAG_DIRECTORY) !== 0);
			if (lists || only)
				leases?.reopens(folder, name);
			if ((oflags & OFLAG_DIRECTORY) !== 0)
				leases?.opensFolder(folder, name);
			else if (only && (baseLow & RIGHT.FD_READ) !== 0)
				leases?.opens(folder, name, true);
			if ((oflags & (OFLAG_CREAT | OFLAG_TRUNC)) !== 0)
				leases?.renew(folder, name);
			else
				leases?.relearn(folder, name);
			return MISS;
		},
	};
}
