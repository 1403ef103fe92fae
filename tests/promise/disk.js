// Disks of a test's own, each a file system on a loop device that the gateway alone sees, whose power can be cut: what the file system hasn't written
// by then is lost. Leaves to others: what programs do on them.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { top } from "../gateway/gateway.js";

const build = process.env.WVWASI_BUILD ?? path.join(top, "build");
const SIZE = "384M"; // with less than 64 MiB of room nothing is gathered; XFS wants 300
/* Nothing is written without being asked for, as far as that can be had: ext4 writes its journal after so many seconds. */
export const KINDS = {
	ext4: { make: ["mkfs.ext4", "-q", "-m", "0", "-J", "size=8"], options: "loop,commit=600,noinit_itable", after: "loop" },
	btrfs: { make: ["mkfs.btrfs", "-q", "-m", "single"], options: "loop", after: null }, // its power can't be cut
	xfs: { make: ["mkfs.xfs", "-q"], options: "loop", after: "loop,nouuid" }, // a copy, beside the first
};

const quietly = (command, ...args) => execFileSync(command, args, { stdio: "pipe" });

/** @returns {string | false} why such disks can't be had here */
export function lacks(kind) {
	if (process.getuid() !== 0)
		return "only root mounts a disk";
	try {
		const folder = fs.mkdtempSync("/tmp/wvwasi-disk-");
		try {
			const disk = new Disk(kind, folder);
			quietly("unshare", "-m", "sh", "-c", `${disk.mounting} && exec "$@"`, "sh",
				...(KINDS[kind].after === null ? ["true"] : [path.join(build, "promise/cut"), disk.mount]));
		} finally {
			fs.rmSync(folder, { recursive: true });
		}
		return false;
	} catch (error) {
		return `no ${kind} on a loop device here, or none whose power can be cut: ${String(error.stderr ?? error.message).trim()}`;
	}
}

/* Reads what is on a disk, in a process of its own: { path: [type, links, bytes or target] }. */
const READ = `
	import fs from "node:fs";
	const found = {};
	const look = (at, name) => fs.readdirSync(at).forEach((each) => {
		const below = at + "/" + each, stat = fs.lstatSync(below), path = name ? name + "/" + each : each;
		if (stat.isDirectory())
			found[path] = ["folder"], look(below, path);
		else
			found[path] = stat.isSymbolicLink() ? ["link", 1, fs.readlinkSync(below)] : ["file", stat.nlink, fs.readFileSync(below, "latin1")];
	});
	look(process.argv[1], "");
	console.log(JSON.stringify(found));`;

export class Disk {
	/** @param {keyof typeof KINDS} kind @param {string} folder where its image and its mount are to be */
	constructor(kind, folder) {
		this.kind = kind;
		this.image = path.join(folder, "image");
		this.mount = path.join(folder, "mount");
		fs.mkdirSync(this.mount, { recursive: true });
		const { make: [command, ...args] } = KINDS[kind];
		fs.closeSync(fs.openSync(this.image, "w"));
		quietly("truncate", "-s", SIZE, this.image);
		quietly(command, ...args, this.image);
		this.mounting = `mount -t ${kind} -o ${KINDS[kind].options} '${this.image}' '${this.mount}'`;
	}

	/** Its root, as a process of the gateway sees it. */
	seenBy(pid) {
		return path.join("/proc", String(pid), "root", this.mount);
	}

	/** From here on nothing reaches it. */
	cut(pid) {
		quietly(path.join(build, "promise/cut"), this.seenBy(pid));
		quietly("cp", "--sparse=always", this.image, `${this.image}.cut`);
	}

	/** What a machine finds in a folder of it that starts after the cut. */
	found(folder) {
		const after = `${this.mount}.after`;
		fs.mkdirSync(after);
		try {
			const mounting = `mount -t ${this.kind} -o ${KINDS[this.kind].after} "$0" "$1" && exec "$2" --input-type=module -e "$3" "$1/$4"`;
			return JSON.parse(execFileSync("unshare", ["-m", "sh", "-c", mounting, `${this.image}.cut`, after, process.execPath, READ, folder],
				{ encoding: "utf8", maxBuffer: 1 << 28 }));
		} finally {
			fs.rmdirSync(after);
			fs.rmSync(`${this.image}.cut`);
		}
	}
}
