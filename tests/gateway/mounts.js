// A gateway with mounts of its own, which a test may change and nobody else sees: `unshare` runs it, and its paths are looked at through
// /proc/PID/root. Needs root, or a kernel that lets everybody have namespaces.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

const root = process.getuid() === 0;
const unshare = root ? ["unshare", "--mount"] : ["unshare", "--map-root-user", "--mount"];

/** For startGateway, or nothing where a user may not have mounts of their own. */
export const ownMounts = spawnSync(unshare[0], [...unshare.slice(1), "true"]).status === 0 ? { through: unshare } : undefined;

/**
 * For startGateway: a gateway for which the kernel has so few of something, a file in /proc/sys/user; undefined where nobody may say so.
 * @param {Record<string, number>} limits
 */
export function withLimits(limits) {
	const set = Object.entries(limits).map(([name, most]) => `echo ${most} >/proc/sys/user/${name}`).join("; ");
	const through = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", `${set}; exec "$@"`, "sh"];
	return spawnSync(through[0], [...through.slice(1), "true"]).status === 0 ? { through } : undefined;
}

/** Why there can be no FUSE file system here; null: there can. */
export const noFuse = ownMounts === undefined ? "nobody here may mount anything" : !fs.existsSync("/dev/fuse") ? "there is no /dev/fuse" : null;

/** @param {{ pid: number }} gateway that was started with `ownMounts` */
export function mountsOf(gateway) {
	const enter = ["nsenter", "--target", String(gateway.pid), ...(root ? [] : ["--user", "--preserve-credentials"]), "--mount"];
	const inside = (...command) => execFileSync(enter[0], [...enter.slice(1), ...command]);
	const own = ownMounts !== undefined;
	return {
		own,
		/** Where the gateway's view of a path is. */
		seen: (host) => (own ? path.join(`/proc/${gateway.pid}/root`, host) : host),
		bind: (from, to) => inside("mount", "--bind", from, to),
		memory: (to) => inside("mount", "-t", "tmpfs", "none", to),
		unmount: (at) => inside("umount", at),
		/** Shows a folder at another place by FUSE, with nothing of it cached. @returns {Promise<() => Promise<void>>} what ends it */
		async fuse(from, to) {
			const child = spawn("setpriv", ["--pdeathsig", "KILL", ...enter, "bindfs", "-f", "-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0",
				from, to], { stdio: ["ignore", "ignore", "inherit"] });
			const ended = new Promise((resolve) => child.once("error", resolve).once("close", resolve));
			while (!fs.readFileSync(`/proc/${gateway.pid}/mountinfo`, "utf8").includes(` ${to} `)) {
				const early = await Promise.race([ended, new Promise((resolve) => setImmediate(resolve, "not yet"))]);
				if (early !== "not yet")
					throw new Error(`bindfs: ${early?.message ?? early} (make deps)`);
			}
			return () => (inside("umount", to), ended);
		},
	};
}
