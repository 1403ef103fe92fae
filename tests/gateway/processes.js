// What the kernel tells of a running gateway's two processes.
import fs from "node:fs";

/** The gateway proper: the keeper's only child. @param {number} keeper pid */
export function gatewayPid(keeper) {
	const [pid, ...others] = fs.readFileSync(`/proc/${keeper}/task/${keeper}/children`, "utf8").trim().split(" ").map(Number);
	if (!pid || others.length)
		throw new Error(`the keeper has ${pid ? others.length + 1 : 0} children`);
	return pid;
}

/** The keeper's children with --net: it starts the dialer first. @param {number} keeper pid */
export function dialerAndGateway(keeper) {
	const [dialer, gateway, ...others] = fs.readFileSync(`/proc/${keeper}/task/${keeper}/children`, "utf8").trim().split(" ").map(Number);
	if (!gateway || others.length)
		throw new Error("the keeper hasn't two children");
	return { dialer, gateway };
}

const field = (text, name) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(text)?.[1];

/** May we see which descriptors a locked-in process has? The kernel shows them to root alone. */
export const seesDescriptors = process.getuid() === 0;

/** How many descriptors a process has open; 0 for who may not see them. @param {number} pid */
export function descriptorsOf(pid) {
	return seesDescriptors ? fs.readdirSync(`/proc/${pid}/fd`).length : 0;
}

/** Resident bytes and open descriptors. @param {number} pid */
export function measure(pid) {
	const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
	return { rss: Number(field(status, "VmRSS")) * 1024, threads: Number(field(status, "Threads")), descriptors: descriptorsOf(pid) };
}

/** One object a thread: { comm, NoNewPrivs, Seccomp } as numbers. @param {number} pid */
export function threads(pid) {
	return fs.readdirSync(`/proc/${pid}/task`).map((task) => {
		const status = fs.readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
		return { comm: field(status, "Name"), NoNewPrivs: Number(field(status, "NoNewPrivs")), Seccomp: Number(field(status, "Seccomp")) };
	});
}

/** Runs still, and isn't just waiting to be reaped. @param {number} pid */
export const isAlive = (pid) => fs.existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));

/** How many inodes the kernel tells it of; undefined when only root may know. @param {number} pid */
export function watches(pid) {
	try {
		const texts = fs.readdirSync(`/proc/${pid}/fdinfo`).map((fd) => fs.readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
		return texts.join("").match(/^inotify wd:/gm)?.length ?? 0;
	} catch (error) {
		if (error.code === "EACCES")
			return undefined;
		throw error;
	}
}

/* Of the sockets that listen: inode -> { address, port }, the address as the kernel writes it. */
function listening() {
	const lines = ["tcp", "tcp6"].flatMap((file) => fs.readFileSync(`/proc/net/${file}`, "utf8").trim().split("\n").slice(1));
	return new Map(lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === "0A").map(([, local, ...words]) => {
		const [address, port] = local.split(":");
		return [words[7], { address, port: parseInt(port, 16) }];
	}));
}

/* Of what has gone, or isn't ours to see, nothing. */
function seen(look, path, nothing) {
	try {
		return look(path);
	} catch {
		return nothing;
	}
}

/** Where these processes listen, as far as we may see it: [{ address: as in /proc/net/tcp, port }]. @param {number[]} pids */
export function listens(pids) {
	const inodes = listening();
	const links = pids.flatMap((pid) => seen(fs.readdirSync, `/proc/${pid}/fd`, []).map((fd) => seen(fs.readlinkSync, `/proc/${pid}/fd/${fd}`, "")));
	return links.map((link) => inodes.get(/socket:\[(\d+)\]/.exec(link)?.[1])).filter((its) => its !== undefined);
}
