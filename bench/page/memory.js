// preview1 for one program with files in memory, and nothing of ours: what bench/bound.js measures a page's own cost with. Rights, links, clocks' precision and
// the rarer functions are left out; a program that needs them ends with an error, and its run isn't counted.
const OK = 0, BADF = 8, EXIST = 20, INVAL = 28, NOENT = 44, NOSYS = 52, NOTDIR = 54, NOTEMPTY = 55;
const FOLDER = 3, FILE = 4, STREAM = 2;
const CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8, APPEND = 1;
const DIRENT = 24, ALL_RIGHTS = (1n << 30n) - 1n;
const encoder = new TextEncoder(), decoder = new TextDecoder();
let inodes = 1;

class Node {
	ino = BigInt(inodes++);
	mtim = 0n;

	constructor(type) {
		this.type = type;
		this.names = type === FOLDER ? new Map() : null;
		this.bytes = new Uint8Array(0); // has room for more than `size`
		this.size = 0;
	}

	resize(size) {
		if (size > this.bytes.length) {
			const more = new Uint8Array(Math.max(size, 2 * this.bytes.length));
			more.set(this.bytes.subarray(0, this.size));
			this.bytes = more;
		} else if (size < this.size) {
			this.bytes.fill(0, size, this.size);
		}
		this.size = size;
	}
}

/** The files that bench/bound.js packed: { guest path: Node }. index: [[path, type, offset, size, mtim in ms]], the grants' own first. */
function unpack(index, bytes) {
	const roots = {};
	for (const [path, type, offset, size, ms] of index) {
		const node = new Node(type);
		node.mtim = BigInt(Math.round(ms)) * 1_000_000n;
		node.bytes = bytes.subarray(offset, offset + size);
		node.size = size;
		const root = Object.keys(roots).find((each) => path.startsWith(`${each}/`));
		if (root === undefined) {
			roots[path] = node;
			continue;
		}
		const names = path.slice(root.length + 1).split("/"), name = names.pop();
		names.reduce((folder, each) => folder.names.get(each), roots[root]).names.set(name, node);
	}
	return roots;
}

/** { imports, bind(memory), output: { 1, 2 } of texts }. proc_exit throws { code }. */
export function memoryWasi({ args, env, stdin, index, bytes }) {
	const fds = [0, 1, 2].map(() => ({ node: new Node(STREAM), at: 0 }));
	fds[0].node.bytes = encoder.encode(stdin);
	fds[0].node.size = fds[0].node.bytes.length;
	for (const [guest, node] of Object.entries(unpack(index, bytes)))
		fds.push({ node, at: 0, preopen: encoder.encode(guest) });
	const output = { 1: "", 2: "" };
	let memory, view, u8;
	const fresh = () => {
		if (view === undefined || view.buffer !== memory.buffer)
			[view, u8] = [new DataView(memory.buffer), new Uint8Array(memory.buffer)];
	};
	const now = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
	const textAt = (pointer, length) => {
		fresh();
		return decoder.decode(u8.slice(pointer, pointer + length));
	};

	/* { folder, name, node }: where a path leads; folder undefined: nowhere. */
	function walk(fd, path) {
		const names = path.split("/").filter((name) => name !== "" && name !== "."), name = names.pop();
		let folder = fds[fd].node;
		for (const each of names)
			folder = folder?.names?.get(each);
		return name === undefined ? { folder, name, node: folder } : { folder, name, node: folder?.names?.get(name) };
	}

	function putStat(pointer, node) {
		fresh();
		u8.fill(0, pointer, pointer + 64);
		view.setBigUint64(pointer, 1n, true);
		view.setBigUint64(pointer + 8, node.ino, true);
		u8[pointer + 16] = node.type;
		view.setBigUint64(pointer + 24, 1n, true);
		view.setBigUint64(pointer + 32, BigInt(node.size), true);
		for (const at of [40, 48, 56])
			view.setBigUint64(pointer + at, node.mtim, true);
		return OK;
	}

	/* each(pointer, length) => how many bytes were moved, over the buffers of a call. */
	function over(iovecs, count, result, each) {
		fresh();
		let total = 0;
		for (let i = 0; i < count; i++) {
			const length = view.getUint32(iovecs + 8 * i + 4, true), moved = each(view.getUint32(iovecs + 8 * i, true), length);
			total += moved;
			if (moved < length)
				break;
		}
		view.setUint32(result, total, true);
		return OK;
	}

	function read(open, at, iovecs, count, result) {
		const { node } = open;
		let from = at ?? open.at;
		over(iovecs, count, result, (pointer, length) => {
			const moved = Math.max(0, Math.min(length, node.size - from));
			u8.set(node.bytes.subarray(from, from + moved), pointer);
			from += moved;
			return moved;
		});
		if (at === null)
			open.at = from;
		return OK;
	}

	function write(open, fd, at, iovecs, count, result) {
		const { node } = open;
		let to = at ?? (open.appends ? node.size : open.at);
		over(iovecs, count, result, (pointer, length) => {
			if (node.type === STREAM) {
				output[fd] += textAt(pointer, length);
				return length;
			}
			if (to + length > node.size)
				node.resize(to + length);
			node.bytes.set(u8.subarray(pointer, pointer + length), to);
			to += length;
			return length;
		});
		node.mtim = now();
		if (at === null)
			open.at = to;
		return OK;
	}

	function list(open, buffer, size, cookie, used) {
		fresh();
		open.listed = cookie === 0n || !open.listed
			? [[".", open.node], ["..", open.node], ...open.node.names].map(([name, node]) => [encoder.encode(name), node]) : open.listed;
		let at = 0;
		for (let i = Number(cookie); i < open.listed.length && at < size; i++) {
			const [name, node] = open.listed[i], record = new Uint8Array(DIRENT + name.length), head = new DataView(record.buffer);
			head.setBigUint64(0, BigInt(i + 1), true);
			head.setBigUint64(8, node.ino, true);
			head.setUint32(16, name.length, true);
			record[20] = node.type;
			record.set(name, DIRENT);
			u8.set(record.subarray(0, size - at), buffer + at);
			at += record.length;
		}
		view.setUint32(used, Math.min(at, size), true);
		return OK;
	}

	function open(fd, path, oflags, fdflags, pointer) {
		const { folder, name, node: found } = walk(fd, path);
		if (found === undefined && (folder?.names === undefined || (oflags & CREAT) === 0))
			return NOENT;
		if (found !== undefined && (oflags & EXCL) !== 0)
			return EXIST;
		if ((oflags & DIRECTORY) !== 0 && found.type !== FOLDER)
			return NOTDIR;
		const node = found ?? new Node(FILE);
		if (found === undefined)
			folder.names.set(name, node);
		if ((oflags & TRUNC) !== 0)
			node.resize(0);
		const free = fds.indexOf(null), number = free < 0 ? fds.length : free;
		fds[number] = { node, at: 0, appends: (fdflags & APPEND) !== 0 };
		fresh();
		view.setUint32(pointer, number, true);
		return OK;
	}

	function strings(list) {
		const texts = list.map((text) => encoder.encode(`${text}\0`));
		return {
			sizes(count, size) {
				fresh();
				view.setUint32(count, texts.length, true);
				view.setUint32(size, texts.reduce((sum, { length }) => sum + length, 0), true);
				return OK;
			},
			get(pointers, at) {
				fresh();
				for (const [i, text] of texts.entries()) {
					view.setUint32(pointers + 4 * i, at, true);
					u8.set(text, at);
					at += text.length;
				}
				return OK;
			},
		};
	}

	const given = strings(args), variables = strings(Object.entries(env).map(([name, value]) => `${name}=${value}`));
	const onFd = (then) => (fd, ...rest) => (fds[fd] ? then(fds[fd], ...rest) : BADF);
	const remove = (type) => (fd, path, length) => {
		const { folder, name, node } = walk(fd, textAt(path, length));
		if (node?.type !== type)
			return NOENT;
		if (node.names?.size > 0)
			return NOTEMPTY;
		folder.names.delete(name);
		return OK;
	};
	const functions = {
		args_sizes_get: given.sizes, args_get: given.get, environ_sizes_get: variables.sizes, environ_get: variables.get,
		clock_res_get: (_, pointer) => (fresh(), view.setBigUint64(pointer, 1000n, true), OK),
		clock_time_get: (_clock, _precision, pointer) => (fresh(), view.setBigUint64(pointer, now(), true), OK),
		random_get: (pointer, length) => (fresh(), crypto.getRandomValues(u8.subarray(pointer, pointer + length)), OK),
		sched_yield: () => OK,
		proc_exit(code) {
			throw { code };
		},
		fd_prestat_get: onFd(({ preopen }, pointer) => {
			if (!preopen)
				return BADF;
			fresh();
			view.setUint32(pointer, 0, true);
			view.setUint32(pointer + 4, preopen.length, true);
			return OK;
		}),
		fd_prestat_dir_name: onFd(({ preopen }, pointer) => (fresh(), u8.set(preopen, pointer), OK)),
		fd_fdstat_get: onFd(({ node, appends }, pointer) => {
			fresh();
			u8.fill(0, pointer, pointer + 24);
			u8[pointer] = node.type;
			view.setUint16(pointer + 2, appends ? APPEND : 0, true);
			view.setBigUint64(pointer + 8, ALL_RIGHTS, true);
			view.setBigUint64(pointer + 16, ALL_RIGHTS, true);
			return OK;
		}),
		fd_fdstat_set_flags: onFd(() => OK), fd_advise: onFd(() => OK), fd_sync: onFd(() => OK), fd_datasync: onFd(() => OK),
		fd_close: (fd) => (fds[fd] ? (fds[fd] = null, OK) : BADF),
		fd_read: onFd((file, iovecs, count, result) => read(file, null, iovecs, count, result)),
		fd_pread: onFd((file, iovecs, count, at, result) => read(file, Number(at), iovecs, count, result)),
		fd_write: (fd, iovecs, count, result) => (fds[fd] ? write(fds[fd], fd, null, iovecs, count, result) : BADF),
		fd_pwrite: (fd, iovecs, count, at, result) => (fds[fd] ? write(fds[fd], fd, Number(at), iovecs, count, result) : BADF),
		fd_seek: onFd((file, delta, whence, pointer) => {
			if (file.node.type !== FILE)
				return 70; // SPIPE
			file.at = Number(delta) + [0, file.at, file.node.size][whence];
			fresh();
			view.setBigUint64(pointer, BigInt(file.at), true);
			return OK;
		}),
		fd_tell: onFd(({ at }, pointer) => (fresh(), view.setBigUint64(pointer, BigInt(at), true), OK)),
		fd_readdir: onFd(list),
		fd_filestat_get: onFd(({ node }, pointer) => putStat(pointer, node)),
		fd_filestat_set_size: onFd(({ node }, size) => (node.resize(Number(size)), OK)),
		fd_filestat_set_times: onFd(() => OK), path_filestat_set_times: () => OK,
		path_filestat_get(fd, _flags, path, length, pointer) {
			const { node } = walk(fd, textAt(path, length));
			return node === undefined ? NOENT : putStat(pointer, node);
		},
		path_open: (fd, _flags, path, length, oflags, _base, _inheriting, fdflags, pointer) => open(fd, textAt(path, length), oflags, fdflags, pointer),
		path_unlink_file: remove(FILE), path_remove_directory: remove(FOLDER),
		path_create_directory(fd, path, length) {
			const { folder, name, node } = walk(fd, textAt(path, length));
			if (node !== undefined || folder === undefined)
				return node === undefined ? NOENT : EXIST;
			folder.names.set(name, new Node(FOLDER));
			return OK;
		},
		path_rename(fd, path, length, newFd, newPath, newLength) {
			const from = walk(fd, textAt(path, length)), to = walk(newFd, textAt(newPath, newLength));
			if (from.node === undefined || to.folder === undefined)
				return NOENT;
			from.folder.names.delete(from.name);
			to.folder.names.set(to.name, from.node);
			return OK;
		},
		path_readlink: (fd, path, length) => (walk(fd, textAt(path, length)).node === undefined ? NOENT : INVAL),
	};
	const imports = new Proxy(functions, { get: (all, name) => all[name] ?? (() => NOSYS) });
	return { imports, output, bind: (its) => (memory = its) };
}
