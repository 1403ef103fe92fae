// Every function of WASI preview1, once or more, in an order in which each has something to do.
const CREAT = 1, DIRECTORY = 2;
const APPEND = 1;
const MTIM = 4;
const REALTIME = 0, MONOTONIC = 1;
const READ_AND_WRITE = 3;
const ALL_RIGHTS = 0x1fffffffn;
const FD_ALLOCATE = 1n << 8n, FD_READDIR = 1n << 14n;
const OF_A_FOLDER = 0x07ffffffn & ~0x400177n | FD_READDIR; // what is done by path, without reading and writing

/**
 * @param {object} w from connect()
 * @param {(name: string, ...args: any[]) => Promise<any>} call makes a call, shows it, and gives undefined if it failed
 * @param {(address: string) => void} knock somebody should connect there now
 */
export async function tour(w, call, knock) {
	const { fd: tmp } = w.preopens.find(({ path }) => path === "/tmp") ?? w.preopens[0];

	await call("args_sizes_get");
	await call("args_get");
	await call("environ_sizes_get");
	await call("environ_get");
	await call("clock_res_get", MONOTONIC);
	await call("clock_time_get", REALTIME, 1000n);
	await call("random_get", 8);
	await call("sched_yield");

	const { nameLength } = await call("fd_prestat_get", tmp);
	await call("fd_prestat_dir_name", tmp, nameLength);
	await call("path_create_directory", tmp, "hello");
	const file = await call("path_open", tmp, 0, "hello/greeting", CREAT, ALL_RIGHTS, 0n, 0);
	const { rightsBase } = await call("fd_fdstat_get", file);
	await call("fd_advise", file, 0n, 0n, 0);
	await call("fd_allocate", file, 0n, 64n); // NOTSUP: see the README
	await call("fd_write", file, "Hello, world!\n");
	await call("fd_pwrite", file, "J", 0n);
	await call("fd_datasync", file);
	await call("fd_sync", file);
	await call("fd_tell", file);
	await call("fd_seek", file, 0n, 0);
	await call("fd_read", file, 5);
	await call("fd_pread", file, 5, 7n);
	await call("fd_filestat_get", file);
	await call("fd_filestat_set_size", file, 5n);
	await call("fd_filestat_set_times", file, 0n, 1_000_000_000n, MTIM);
	await call("fd_fdstat_set_flags", file, APPEND);
	await call("fd_fdstat_set_rights", file, rightsBase & ~FD_ALLOCATE, 0n); // given up for good

	await call("path_filestat_get", tmp, 0, "hello/greeting");
	await call("path_filestat_set_times", tmp, 0, "hello/greeting", 0n, 2_000_000_000n, MTIM);
	await call("path_link", tmp, 0, "hello/greeting", tmp, "hello/same");
	await call("path_symlink", "greeting", tmp, "hello/pointer");
	await call("path_readlink", tmp, "hello/pointer", 100);
	await call("path_rename", tmp, "hello/same", tmp, "hello/other");
	const folder = await call("path_open", tmp, 0, "hello", DIRECTORY, OF_A_FOLDER, OF_A_FOLDER, 0);
	await call("fd_readdir", folder, 0n, 4096);
	await call("fd_renumber", folder, file); // the file is closed, its number is the folder's now
	for (const name of ["greeting", "pointer", "other"])
		await call("path_unlink_file", file, name);
	await call("path_remove_directory", tmp, "hello");
	await call("fd_close", file);
	await call("poll_oneoff", [{ type: "clock", id: MONOTONIC, timeout: 20_000_000n }]);

	const listener = w.sockets[0];
	if (listener)
		await call("fd_fdstat_set_flags", listener.fd, 0); // sock_accept waits
	const accepting = call("sock_accept", listener?.fd ?? tmp, 0);
	if (listener)
		knock(listener.address);
	const connection = await accepting ?? tmp;
	await call("sock_recv", connection, 1000, 0);
	await call("sock_send", connection, "HTTP/1.1 204 Hello\r\nCross-Origin-Resource-Policy: cross-origin\r\n\r\n", 0);
	await call("sock_shutdown", connection, READ_AND_WRITE);
}
