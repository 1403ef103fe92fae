/* The other end of a program under test: it keeps files, as a gateway does. And what a program does with them. */
import assert from "node:assert/strict";
import { Writer } from "../../static/shim/base/codec.js";
import { ERRNO } from "../../static/shim/base/errors.js";
import { fdstat, makeGuest } from "./guest.js";

export const REGULAR = 4, DIRECTORY = 3;
export const READ = 2n | 4n | 32n, WRITE = 4n | 32n | 64n;
export const bytesOf = text => new TextEncoder().encode(text);
export const textOf = bytes => new TextDecoder().decode(bytes);

export function words(...values) {
	const w = new Writer();
	for (const value of values)
		(typeof value === "bigint" ? w.u64(value) : value instanceof Uint8Array ? w.raw(value) : w.u32(value));
	return w.bytes.slice(0, w.at);
}

/** Files by name, as a gateway keeps them; inodes by name too. fail: (call) => errno; mtime: of all files, for ever. */
export function makeDisk(files, { traits = 3, credit = 1 << 20, fail = () => 0, mtime } = {}) {
	const disk = { files: new Map(Object.entries(files).map(([name, text]) => [name, bytesOf(text)])), handles: new Map(), poison: new Map() };
	const put = (name, at, bytes) => {
		const old = disk.files.get(name);
		const grown = new Uint8Array(Math.max(old.length, at + bytes.length));
		grown.set(old);
		grown.set(bytes, at);
		disk.files.set(name, grown);
	};
	const filestat = name => {
		const stat = new DataView(new ArrayBuffer(64));
		stat.setBigUint64(8, BigInt([...disk.files.keys()].indexOf(name) + 100), true);
		stat.setUint8(16, REGULAR);
		const bytes = disk.files.get(name);
		stat.setBigUint64(32, BigInt(bytes.length), true);
		stat.setBigUint64(48, mtime ?? bytes.reduce((sum, byte) => sum * 31n + BigInt(byte) & 0xFFFFFFFn, 0n), true); // another for other bytes
		return new Uint8Array(stat.buffer);
	};
	disk.serve = ({ name: call, args, flags }) => {
		const file = disk.handles.get(args[0]);
		const quiet = (flags & 1) !== 0;
		if (["fd_write", "fd_pwrite", "fd_close", "fd_sync", "fd_lock"].includes(call) && disk.poison.get(args[0])) {
			if (quiet && call !== "fd_close")
				return 0xFFFF;
			const errno = disk.poison.get(args[0]);
			disk.poison.delete(args[0]);
			return errno;
		}
		const failed = fail({ call, args, file });
		if (failed) {
			if (quiet)
				disk.poison.set(args[0], failed);
			return { errno: failed, bytes: quiet ? words(0, args[1]) : undefined };
		}
		switch (call) {
		case "path_open": {
			const path = textOf(args[2]);
			if (args[3] & 1 && !disk.files.has(path))
				disk.files.set(path, new Uint8Array(0));
			if (!disk.files.has(path))
				return ERRNO.NOENT;
			if (args[3] & 8)
				disk.files.set(path, new Uint8Array(0));
			disk.handles.set(args[7], { path, append: (args[6] & 1) !== 0 });
			return words(fdstat(REGULAR, args[4], args[6]), traits, credit);
		}
		case "fd_filestat_get": return filestat(file.path);
		case "lease_file": return ERRNO.NOTSUP;
		case "fd_read": case "fd_pread": return file === undefined ? ERRNO.BADF : disk.files.get(file.path).slice(Number(args[1]), Number(args[1]) + args[2]);
		case "fd_write": {
			const at = file.append ? disk.files.get(file.path).length : Number(args[1]);
			put(file.path, at, args[2]);
			return words(args[2].length, BigInt(at + args[2].length));
		}
		case "fd_pwrite":
			put(file.path, Number(args[1]), args[2]);
			return words(args[2].length);
		case "fd_seek":
			return words(args[2] + (args[3] === 2 ? BigInt(disk.files.get(file.path).length) : args[1]));
		default: return 0;
		}
	};
	return disk;
}

export function open(guest, path, { rights = READ, oflags = 0, fdflags = 0 } = {}) {
	guest.memory.write(2048, bytesOf(path));
	const errno = guest.call.path_open(3, 1, 2048, path.length, oflags, rights, 0n, fdflags, 512);
	assert.equal(errno, 0, `open '${path}'`);
	return guest.memory.u32(512);
}

export function read(guest, fd, length) {
	guest.memory.setU32(1024, 4096);
	guest.memory.setU32(1028, length);
	assert.equal(guest.call.fd_read(fd, 1024, 1, 512), 0);
	return textOf(guest.memory.read(4096, guest.memory.u32(512)));
}

export function write(guest, fd, text) {
	guest.memory.write(4096, bytesOf(text));
	guest.memory.setU32(1024, 4096);
	guest.memory.setU32(1028, text.length);
	return guest.call.fd_write(fd, 1024, 1, 512);
}

export const start = (disk, options) => makeGuest({ coherence: "default", serve: disk.serve, ...options });
export const waits = guest => guest.program.stats().roundTrips;
/* Time stands still, so that what serves for 10 ms serves for the whole test on a slow machine. */
export function freeze(t) {
	let now = 1000;
	t.mock.method(performance, "now", () => now);
	return ms => void (now += ms);
}
