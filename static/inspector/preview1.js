/* Calls as preview1 writes them: which arguments each has, in its order and by its names, made of the gateway's text, whose arguments stand in the order of
 * the wire. And which calls are the gateway's own. Pure. From the witx of wasi_snapshot_preview1. */
import { FIRST_EXTENSION, NUMBERS } from "../shim/base/syscalls.js";
import { argumentsOf, shortRights } from "./arguments.js";
import { callName } from "./rows.js";
import { FLAG } from "./store.js";
import { worded } from "./words.js";

/* name: preview1's arguments, each with its place on the wire; what isn't preview1's has none. `=`: what the call gives, and where the wire has it */
const SHAPES = Object.entries({
	args_get: "", args_sizes_get: "", environ_get: "", environ_sizes_get: "",
	clock_res_get: "id 0", clock_time_get: "id 0, precision 1",
	fd_advise: "fd 0, offset 1, len 2, advice 3", fd_allocate: "fd 0, offset 1, len 2", fd_close: "fd 0", fd_datasync: "fd 0", fd_fdstat_get: "fd 0",
	fd_fdstat_set_flags: "fd 0, flags 1", fd_fdstat_set_rights: "fd 0, fs_rights_base 1, fs_rights_inheriting 2", fd_filestat_get: "fd 0",
	fd_filestat_set_size: "fd 0, size 1", fd_filestat_set_times: "fd 0, atim 1, mtim 2, fst_flags 3", fd_pread: "fd 0, iovs 2, offset 1",
	fd_prestat_get: "fd 0", fd_prestat_dir_name: "fd 0, path_len 1", fd_pwrite: "fd 0, iovs 2, offset 1", fd_read: "fd 0, iovs 2",
	fd_readdir: "fd 0, buf_len 2, cookie 1", fd_renumber: "fd 0, to 1", fd_seek: "fd 0, offset 2, whence 3", fd_sync: "fd 0", fd_tell: "fd 0",
	fd_write: "fd 0, iovs 2",
	path_create_directory: "fd 0, path 1", path_filestat_get: "fd 0, flags 1, path 2",
	path_filestat_set_times: "fd 0, flags 1, path 2, atim 3, mtim 4, fst_flags 5",
	path_link: "old_fd 0, old_flags 1, old_path 2, new_fd 3, new_path 4",
	path_open: "fd 0, dirflags 1, path 2, oflags 3, fs_rights_base 4, fs_rights_inheriting 5, fdflags 6, = 7",
	path_readlink: "fd 0, path 1, buf_len 2", path_remove_directory: "fd 0, path 1", path_rename: "fd 0, old_path 1, new_fd 2, new_path 3",
	path_symlink: "old_path 0, fd 1, new_path 2", path_unlink_file: "fd 0, path 1",
	poll_oneoff: "in 0", proc_exit: "rval 0", proc_raise: "sig 0", random_get: "buf_len 0", sched_yield: "",
	sock_accept: "fd 0, flags 1, = 2", sock_recv: "fd 0, ri_data 2, ri_flags 1", sock_send: "fd 0, si_data 2, si_flags 1", sock_shutdown: "fd 0, how 1",
	fd_lock: "fd 0, lock 1, flags 2, start 3, length 4",
}).map(([name, text]) => [NUMBERS[name], text.split(", ").filter(Boolean).map(part => {
	const [argument, place] = part.split(" ");
	return { name: argument, place: Number(place) };
})]);
const shapes = new Map(SHAPES);
const UNKNOWN = "\u2026"; // isn't shown
const LENGTHS = new Set(["iovs", "ri_data"]); // the wire has how many bytes fit

/* What the page asks for on its own account. */
const ITS_OWN = new Set(Object.entries(NUMBERS).filter(([name, number]) => number >= FIRST_EXTENSION && /^(stdin_skip|lease_|start_)/.test(name))
	.map(([, number]) => number));

/** Is the call one of the gateway's own, which the program didn't make? */
export const isOwn = (call, flags) => ITS_OWN.has(call) || (flags & (FLAG.QUIET | FLAG.OWN)) !== 0;

/* What changes files or makes them durable. The page asks for none of these on its own account. */
const CHANGES = new Set(Object.entries(NUMBERS)
	.filter(([name]) => /^(fd_(p?write|(data)?sync|allocate|filestat_set_)|path_(create_|remove_|rename|unlink_|link|symlink|filestat_set_))/.test(name))
	.map(([, number]) => number));

/** Is it the program's call, done after the program was told so in a row of its own? */
export const isDoneLater = (call, flags) => (flags & FLAG.QUIET) !== 0 && CHANGES.has(call);

/** [{ name, text }] of a row's arguments; name is "" where preview1 has none. */
export function namedArguments({ call, text }) {
	const given = text === "" ? [] : argumentsOf(text);
	const shape = shapes.get(call);
	if (shape === undefined)
		return given.map(one => ({ name: "", text: one }));
	return shape.filter(({ name, place }) => name !== "=" && place < given.length && given[place] !== UNKNOWN)
		.map(({ name, place }) => ({ name, text: LENGTHS.has(name) && /^\d+$/.test(given[place]) ? `[${given[place]}]` : given[place] }));
}

/**
 * A call's text where its numbers and paths are known.
 * @param {number} call @param {(string | null)[]} args as text, in the wire's order; null: what pointers lead to
 * @param {{ made: number | null, path: string, address: string }} more the descriptor that it made; the path that it is about, from the program's root on, and
 *        its socket's address; "": none
 */
export function textOfArguments(call, args, { made, path, address }) {
	const its = callName(call), shape = shapes.get(call) ?? [], nameAt = at => shape.find(({ place }) => place === at)?.name ?? "";
	const name = args.findLast((_, at) => nameAt(at).endsWith("path")) ?? "", below = name === "" ? "" : `/${name}`;
	const last = args.findLastIndex((_, at) => /^(new_)?fd$/.test(nameAt(at)));
	return args.map((text, at) => {
		if (nameAt(at) === "=")
			return made === null ? UNKNOWN : `new ${made}`;
		if (text === null)
			return address === "" ? UNKNOWN : JSON.stringify(address);
		if (at === last)
			return path.length > below.length && path.endsWith(below) ? `${text}<${JSON.stringify(path.slice(0, path.length - below.length))}>` : text;
		return nameAt(at).endsWith("path") ? JSON.stringify(text) : worded(its, nameAt(at), text);
	}).join(", ");
}

/** A call's text where only what it is about is known: its path, its file's, or, with isAddress, a socket's address. */
export function textOfSubject(call, subject, isAddress) {
	const quoted = JSON.stringify(subject);
	const place = shapes.get(call)?.find(({ name }) => (call === NUMBERS.path_symlink ? name === "new_path" : name.endsWith("path")))?.place;
	return place !== undefined ? [...Array(place).fill(UNKNOWN), quoted].join(", ") : isAddress ? quoted : `<${quoted}>`;
}

/** `fd=3, path="a.txt"` */
export const argumentsText = row => shortRights(namedArguments(row).map(({ name, text }) => (name === "" ? text : `${name}=${text}`)).join(", "));

/** What the call gave: `5`, the descriptor that path_open made; "" where it gave nothing but success. */
export function resultText({ call, text, result }) {
	const made = shapes.get(call)?.find(({ name }) => name === "=");
	if (made !== undefined && result === "= 0") {
		const given = argumentsOf(text)[made.place] ?? "";
		return /^new \d/.test(given) && given !== "new 65535.65535" ? `fd ${given.slice(4)}` : "0";
	}
	return result.replace(/^= /, "");
}
