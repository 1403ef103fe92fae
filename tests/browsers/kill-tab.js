// Ends the processes in which an engine's pages run, as a crash or the user's task manager would. Leaves to others: starting engines (engines/).
import fs from "node:fs";

const TAB = { chromium: /--type=renderer/, firefox: /-contentproc[^]*tab\0?$/, webkit: /WebKitWebProcess/ };

/** The processes below ours whose command line matches. */
function ours(pattern) {
	const parents = new Map(fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((pid) => {
		try {
			return [Number(pid), Number(/\) . (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, "latin1"))[1])];
		} catch {
			return [0, 0];
		}
	}));
	const isOurs = (pid) => pid === process.pid || (pid > 1 && parents.has(pid) && isOurs(parents.get(pid)));
	return [...parents.keys()].filter((pid) => {
		try {
			return pid && isOurs(pid) && pattern.test(fs.readFileSync(`/proc/${pid}/cmdline`, "latin1"));
		} catch {
			return false; // it has gone meanwhile
		}
	});
}

/** The processes with pages of all engines of that kind that we have started. @param {string} engine "webkit+shared" is WebKit */
export const tabsOf = (engine) => new Set(ours(TAB[engine.split("+")[0]]));

/** Kills those that have come since `before` was told, or all; gives how many. */
export function killTabs(engine, before = new Set()) {
	const pids = [...tabsOf(engine)].filter((pid) => !before.has(pid));
	pids.forEach((pid) => process.kill(pid, "SIGKILL"));
	return pids.length;
}
