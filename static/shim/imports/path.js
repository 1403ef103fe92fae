//# allFunctionsCalledOnLoad
/* Calls with a path. program.cache answers those that need no server. */
import { Reader, shownText } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";
import { Descriptor, FILETYPE } from "../base/fds.js";
import { placeOf } from "../base/names.js";
import { writeOpen } from "../base/open.js";
import { NUMBERS } from "../base/syscalls.js";
import { MISS } from "../base/trampoline.js";

/* One function for the whole kind: the reason is in index.js. */
export function pathImports(program) {
	const { memory, fds, bounds } = program;

	/* The errno of a path that is wrong in itself, or 0. */
	function pathFault(pointer, length) {
		if (!memory.holds(pointer, length >>> 0))
			return ERRNO.FAULT;
		return length >>> 0 > bounds.path ? ERRNO.NAMETOOLONG : 0;
	}

	/* What then(folder, name) gives, or the errno of a wrong descriptor or path. */
	function at(fd, path, length, then) {
		const fault = pathFault(path, length);
		if (fault)
			return fault;
		const folder = fds.get(fd);
		return folder === undefined ? ERRNO.BADF : then(folder, memory.read(path, length >>> 0));
	}

	/* A change of what a path names: told as done where isSure (folder, name) says so, else asked for. args: the call's other arguments, (writer) => void;
	 * makesFolder: it makes one. */
	function change(call, folder, name, args, { isSure, makesFolder = false }) {
		const number = NUMBERS[call];
		if (isSure(folder, name)) {
			const w = program.foresee(call, shownText(name));
			w.u32(folder.handle);
			args(w);
			return 0;
		}
		const outcome = { own: false, makesFolder };
		const w = program.ask(number, () => {
			outcome.own = makesFolder;
			program.cache.changed(number, folder, name, null);
			return 0;
		});
		w.u32(folder.handle);
		args(w);
		program.cache.changes(folder, name, outcome);
		return MISS;
	}

	/* fd, path: folder calls that give nothing */
	function onPath(call, how) {
		return (fd, path, length) => at(fd, path, length, (folder, name) => change(call, folder, name, w => w.string(name), how));
	}

	/* Two paths: lookup: of the first one, or null where the call takes none. */
	function onPaths(number, fd, lookup, path, length, newFd, newPath, newLength) {
		const fault = pathFault(path, length) || pathFault(newPath, newLength);
		if (fault)
			return fault;
		const from = fds.get(fd), to = fds.get(newFd);
		if (from === undefined || to === undefined)
			return ERRNO.BADF;
		const name = memory.read(path, length >>> 0), newName = memory.read(newPath, newLength >>> 0);
		const args = w => {
			w.u32(from.handle);
			if (lookup !== null)
				w.u32(lookup);
			w.string(name);
			w.u32(to.handle);
			w.string(newName);
		};
		const renames = number === NUMBERS.path_rename;
		if (renames && program.cache.renames(from, name, to, newName)) {
			args(program.foresee("path_rename", shownText(name)));
			return 0;
		}
		const outcome = { own: false }, own = renames && program.cache.isOwn(from, name);
		args(program.ask(number, () => {
			outcome.own = own;
			program.cache.changed(number, from, name, { descriptor: to, path: newName });
			return 0;
		}));
		program.cache.changes(from, name, {});
		program.cache.changes(to, newName, outcome);
		return MISS;
	}

	/* The descriptor that path_open's answer is about. */
	function opened(handle, bytes, folder, name) {
		const r = new Reader(bytes);
		const descriptor = new Descriptor(handle, r.raw(24), r.u32(), r.u32(), program.used);
		descriptor.path = name;
		descriptor.narrowed = folder.narrowed;
		if (descriptor.filetype === FILETYPE.DIRECTORY)
			descriptor.place = placeOf(folder, name);
		descriptor.root = folder.root;
		return descriptor;
	}

	return {
		path_create_directory: onPath("path_create_directory", { isSure: () => false, makesFolder: true }), // it may be a lock
		path_remove_directory: onPath("path_remove_directory", { isSure: (folder, name) => program.cache.removes(folder, name) }),
		path_unlink_file: onPath("path_unlink_file", { isSure: (folder, name) => program.cache.unlinks(folder, name) }),

		path_filestat_get(fd, lookup, path, length, pointer) {
			if (!memory.holds(pointer, 64))
				return ERRNO.FAULT;
			return at(fd, path, length, (folder, name) => {
				const give = ({ errno, bytes }) => {
					if (errno === 0)
						memory.write(pointer, bytes);
					return errno;
				};
				const known = program.cache.findStat(folder, lookup, name);
				if (known !== null)
					return give(known);
				const w = program.askEither(NUMBERS.path_filestat_get, (errno, bytes, since) => {
					program.cache.keepStat(folder, lookup, name, { errno, bytes, since });
					return give({ errno, bytes });
				});
				w.u32(folder.handle);
				w.u32(lookup);
				w.string(name);
				program.cache.asksStat(folder, name);
				return MISS;
			});
		},

		path_filestat_set_times: (fd, lookup, path, length, atimLow, atimHigh, mtimLow, mtimHigh, flags) =>
			at(fd, path, length, (folder, name) => change("path_filestat_set_times", folder, name, w => {
				w.u32(lookup);
				w.string(name);
				w.u64halves(atimLow, atimHigh);
				w.u64halves(mtimLow, mtimHigh);
				w.u32(flags);
			}, { isSure: () => program.cache.setsTimes(folder, name, lookup, flags) })),

		path_link: (fd, lookup, path, length, newFd, newPath, newLength) =>
			onPaths(NUMBERS.path_link, fd, lookup, path, length, newFd, newPath, newLength),

		path_rename: (fd, path, length, newFd, newPath, newLength) =>
			onPaths(NUMBERS.path_rename, fd, null, path, length, newFd, newPath, newLength),

		path_symlink(target, targetLength, fd, path, length) {
			const fault = pathFault(target, targetLength);
			if (fault)
				return fault;
			return at(fd, path, length, (folder, name) => {
				const w = program.ask(NUMBERS.path_symlink);
				w.string(memory.read(target, targetLength >>> 0));
				w.u32(folder.handle);
				w.string(name);
				program.cache.changes(folder, name, {});
				return MISS;
			});
		},

		path_readlink(fd, path, length, buffer, size, used) {
			size >>>= 0;
			if (!memory.holds(buffer, size) || !memory.holds(used, 4))
				return ERRNO.FAULT;
			return at(fd, path, length, (folder, name) => {
				const errno = size > 0 ? program.cache.findLink(folder, name) : null;
				if (errno !== null)
					return errno;
				const w = program.ask(NUMBERS.path_readlink, bytes => {
					memory.write(buffer, bytes.subarray(0, size));
					memory.setU32(used, Math.min(size, bytes.length));
					return 0;
				});
				w.u32(folder.handle);
				w.string(name);
				w.u32(Math.min(size, bounds.data));
				return MISS;
			});
		},

		path_open(fd, lookup, path, length, oflags, baseLow, baseHigh, inheritingLow, inheritingHigh, fdflags, pointer) {
			if (!memory.holds(pointer, 4))
				return ERRNO.FAULT;
			return at(fd, path, length, (folder, name) => {
				const give = ({ errno, descriptor }) => {
					if (errno === 0)
						memory.setU32(pointer, fds.add(descriptor));
					return errno;
				};
				const how = { oflags, fdflags, lookup, rights: baseLow, rightsHigh: baseHigh, inheriting: inheritingLow, inheritingHigh };
				const known = program.cache.open(folder, name, how);
				if (known !== null)
					return give(known);
				const handle = fds.pickHandle();
				const answer = { errno: 0, descriptor: null };
				const w = program.askEither(NUMBERS.path_open, (errno, bytes) => {
					answer.errno = errno;
					if (errno === 0)
						answer.descriptor = opened(handle, bytes, folder, name);
					else
						fds.releaseHandle(handle);
					return give(answer);
				}, program.cache.openFlags());
				writeOpen(w, folder, name, how, handle);
				program.cache.asksOpen(folder, name, how, handle, answer);
				return MISS;
			});
		},
	};
}
