//# allFunctionsCalledOnLoad
/* Removes a file, a link or a folder; never what a link leads to. */
import { FILETYPE, RIGHT } from "../base/fds.js";
import { pathBytes, pathText } from "../fs/paths.js";

const DIRECTORY = 2, NOFOLLOW = 0;
const PIECE = 64 << 10; // bytes of a listing
const AT_ONCE = 256; // files

/**
 * path: from the descriptor. Rejects with WasiError: NOTEMPTY without recursive.
 * @param {any} calls @param {number} fd @param {string | Uint8Array} path @param {boolean} recursive
 */
export async function removeTree(calls, fd, path, recursive) {
	try {
		await calls.path_unlink_file(fd, path);
		return;
	} catch (error) {
		if (error.name !== "ISDIR" && error.name !== "PERM")
			throw error;
	}
	try {
		await calls.path_remove_directory(fd, path);
	} catch (error) {
		if (error.name !== "NOTEMPTY" || !recursive)
			throw error.name === "NOTDIR" ? Object.assign(error, { name: "PERM" }) : error; // it is a file, whose removal isn't permitted
		await empty(calls, fd, path);
		await calls.path_remove_directory(fd, path);
	}
}

/* Through the folder's own descriptor: if a link takes its place meanwhile, nothing behind the link is touched. */
async function empty(calls, fd, path) {
	const folder = await calls.path_open(fd, NOFOLLOW, path, DIRECTORY, BigInt(RIGHT.FD_READDIR), 0n, 0);
	try {
		const entries = [];
		for (let cookie = 0n, some; (some = await calls.fd_readdir(folder, cookie, PIECE)).length > 0; cookie = some.at(-1).next)
			entries.push(...some.filter(({ name }) => name !== "." && name !== ".."));
		const files = entries.filter(({ type }) => type !== FILETYPE.DIRECTORY), folders = entries.filter(({ type }) => type === FILETYPE.DIRECTORY);
		for (let at = 0; at < files.length; at += AT_ONCE)
			await Promise.all(files.slice(at, at + AT_ONCE).map(({ name }) => calls.path_unlink_file(folder, pathBytes(pathText(name)))));
		for (const { name } of folders)
			await removeTree(calls, folder, pathBytes(pathText(name)), true);
	} finally {
		await calls.fd_close(folder).catch(() => {});
	}
}
