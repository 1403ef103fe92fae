// A gateway with mounts of its own, which a test may change and nobody else sees: `unshare` runs it, and its paths are looked at through
// /proc/PID/root. Needs root, or a kernel that lets everybody have namespaces.
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";

const root = process.getuid() === 0;
const unshare = root ? ["unshare", "--mount"] : ["unshare", "--map-root-user", "--mount"];

/** For startGateway, or nothing where a person may not have mounts of their own. */
export const ownMounts = spawnSync(unshare[0], [...unshare.slice(1), "true"]).status === 0 ? { through: unshare } : undefined;

/** @param {{ pid: number }} gateway that was started with `ownMounts` */
export function mountsOf(gateway) {
	const inside = (...command) => execFileSync("nsenter", ["--target", String(gateway.pid), ...(root ? [] : ["--user", "--preserve-credentials"]), "--mount", ...command]);
	const own = ownMounts !== undefined;
	return {
		own,
		/** Where the gateway's view of a path is. */
		seen: (host) => (own ? path.join(`/proc/${gateway.pid}/root`, host) : host),
		bind: (from, to) => inside("mount", "--bind", from, to),
		memory: (to) => inside("mount", "-t", "tmpfs", "none", to),
		unmount: (at) => inside("umount", at),
	};
}
