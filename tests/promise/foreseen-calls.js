// Single calls of a program, each after one of its kind that succeeded: what a program has to do so that the next may be foreseen; and what somebody
// else does meanwhile, so that it fails. Leaves to others: running them (others.test.js).
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/**
 * @typedef {{ warm: string[], deed: string, keeps?: boolean, kernel: string, kind: string, call: string, name: string }} Deed
 * warm: succeeds once; keeps: the victim stays open, as 5; kernel: the system call that is slowed or fails; kind: as strace.js says it; call: WASI's;
 * name: what the deed is about
 */
const made = ["create 7 w", "write 7 5 a", "close 7"];
/** @type {Record<string, Deed>} */
export const DEEDS = {
	unlink: { warm: [...made, "unlink w"], deed: "unlink victim", kernel: "unlinkat", kind: "unlinkat", call: "path_unlink_file", name: "victim" },
	rename: { warm: [...made, "rename w w2"], deed: "rename victim moved", kernel: "renameat,renameat2", kind: "renameat", call: "path_rename",
	name: "victim" },
	"rename over": { warm: [...made, "rename w w2", "create 6 moved", "close 6"], deed: "rename victim moved", kernel: "renameat,renameat2", kind: "renameat",
		call: "path_rename", name: "victim" },
	rmdir: { warm: ["mkdir w", "rmdir w", "mkdir empty", "list empty"], deed: "rmdir empty", kernel: "unlinkat", kind: "rmdir", call: "path_remove_directory",
	name: "empty" },
	times: { warm: [...made, "times w 100"], deed: "times victim 200", kernel: "utimensat", kind: "utimensat", call: "path_filestat_set_times",
	name: "victim" },
	"folder times": { warm: ["mkdir w", "times w 100", "mkdir own", "list own"], deed: "times own 200", kernel: "utimensat", kind: "utimensat",
		call: "path_filestat_set_times", name: "own" },
	"create in the next folder": { warm: ["mkdir w", "create 7 w/a", "close 7", "create 7 w/b", "close 7", "mkdir own"], deed: "create 4 own/fresh", kernel: "openat2",
		kind: "openat2", call: "path_open", name: "own/fresh" },
	ftimes: { warm: ["create 7 w", "ftimes 7 100", "close 7"], deed: "ftimes 5 200", keeps: true, kernel: "utimensat", kind: "utimensat",
	call: "fd_filestat_set_times",
		name: "victim" },
	size: { warm: ["create 7 w", "size 7 100", "close 7"], deed: "size 5 300", keeps: true, kernel: "ftruncate", kind: "ftruncate",
	call: "fd_filestat_set_size", name: "victim" },
	sync: { warm: ["create 7 w", "write 7 5 a", "sync 7", "close 7"], deed: "sync 5", keeps: true, kernel: "fsync", kind: "fsync", call: "fd_sync",
	name: "victim" },
	create: { warm: made, deed: "create 4 fresh", kernel: "openat2", kind: "openat2", call: "path_open", name: "fresh" },
	trunc: { warm: [...made, "trunc 7 w", "close 7"], deed: "trunc 4 victim", kernel: "openat2", kind: "openat2", call: "path_open", name: "victim" },
};

/** The program: what it did before is said; "ready" comes, then the deed, then a folder "after". */
export const programOf = ({ warm, deed, keeps }) => ["list .", "stat w", ...warm, "create 5 victim", "write 5 100 v", ...(keeps ? ["datasync 5"] : ["close 5"]),
	"stat fresh", "stat moved", "list .", "stat victim", "say begun", "create 3 ready", "close 3", deed, "mkdir after", "say end"];

const chattr = (flag, at) => execFileSync("chattr", [flag, at], { stdio: "pipe" });
const inside = (pid, ...command) => execFileSync("nsenter", ["--target", String(pid), "--mount", ...command], { stdio: "pipe" });
const put = (at, text = "somebody else's") => {
	fs.rmSync(at, { recursive: true, force: true });
	fs.writeFileSync(at, text);
};

/** No byte is left on the file system. */
function fill(at) {
	const file = fs.openSync(at, "w"), block = Buffer.alloc(1 << 20);
	for (let length = block.length; length >= 1;)
		try {
			fs.writeSync(file, block, 0, length);
		} catch (error) {
			if (error.code !== "ENOSPC")
				throw error;
			length >>= 1;
		}
	fs.closeSync(file);
}

/* Of a subvolume of btrfs: the folder. Less than it holds. */
function setQuota({ mount, pid, subvolume }) {
	inside(pid, "btrfs", "quota", "enable", mount);
	inside(pid, "btrfs", "qgroup", "limit", "1", path.join(mount, subvolume));
	return () => inside(pid, "btrfs", "quota", "disable", mount);
}

/**
 * What somebody else does: ({ folder, name, mount, pid, subvolume }) => what undoes it, if that is needed. folder: the program's, as it is seen here;
 * name: what the deed is about; mount: the file system's, as the gateway sees it; subvolume: the folder's name there
 */
export const OTHERS = {
	removes: ({ folder, name }) => fs.rmSync(path.join(folder, name), { recursive: true, force: true }),
	recreates: ({ folder, name }) => put(path.join(folder, name)),
	renames: ({ folder, name }) => fs.existsSync(path.join(folder, name)) && fs.renameSync(path.join(folder, name), path.join(folder, "elsewhere")),
	"puts a folder in its place": ({ folder, name }) => (fs.rmSync(path.join(folder, name), { recursive: true, force: true }),
	fs.mkdirSync(path.join(folder, name))),
	"puts a folder where it is to go": ({ folder }) => (fs.rmSync(path.join(folder, "moved"), { force: true }),
	fs.mkdirSync(path.join(folder, "moved/full"), { recursive: true })),
	"puts a file into it": ({ folder, name }) => fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory()
	&& fs.writeFileSync(path.join(folder, name, "new"), ""),
	"puts a link in its place": ({ folder, name }) => (fs.rmSync(path.join(folder, name), { recursive: true, force: true }),
	fs.symlinkSync("nowhere", path.join(folder, name))),
	"takes the folder's rights": ({ folder }) => (fs.chmodSync(folder, 0o500), () => fs.chmodSync(folder, 0o777)),
	"takes the file's rights": ({ folder, name }) => fs.existsSync(path.join(folder, name)) && fs.chmodSync(path.join(folder, name), 0),
	"makes the folder immutable": ({ folder }) => (chattr("+i", folder), () => chattr("-i", folder)),
	"makes it append-only": ({ folder }) => (chattr("+a", folder), () => chattr("-a", folder)),
	"makes the file immutable": ({ folder, name }) => fs.existsSync(path.join(folder, name)) && (chattr("+i", path.join(folder, name)), () => {
		for (const each of [name, "moved", "elsewhere"]) // it may have gone there
			fs.existsSync(path.join(folder, each)) && chattr("-i", path.join(folder, each));
	}),
	"makes the folder sticky and another's": ({ folder, name }) => {
		fs.chmodSync(folder, 0o1777);
		fs.chownSync(folder, 12345, 12345);
		fs.existsSync(path.join(folder, name)) && fs.chownSync(path.join(folder, name), 12345, 12345);
	},
	"fills the disk": ({ folder }) => (fill(path.join(folder, "filler")), () => fs.rmSync(path.join(folder, "filler"), { force: true })),
	"bounds the files": ({ folder, mount, pid }) => {
		const { files, ffree } = fs.statfsSync(folder);
		inside(pid, "mount", "-o", `remount,nr_inodes=${files - ffree}`, mount);
		return () => inside(pid, "mount", "-o", "remount,nr_inodes=0", mount);
	},
	"remounts it read-only": ({ mount, pid }) => (inside(pid, "mount", "-o", "remount,ro", mount), () => inside(pid, "mount", "-o", "remount,rw", mount)),
	"sets a quota": setQuota,
	"moves the whole folder away": ({ folder }) => (fs.renameSync(folder, `${folder}.away`), () => fs.renameSync(`${folder}.away`, folder)),
};
