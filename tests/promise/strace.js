// What the kernel was asked to change, and when that was over, by strace; which also slows it, or lets it kill.
// (The kernel, not --inject: that fails a call where the program makes it, before the program was told anything.)
import fs from "node:fs";

/** Calls that change names and files, and syncs; opens and writes aren't among them, since one of ours may be several of the kernel's, or half. */
export const CHANGES = ["unlinkat", "renameat", "renameat2", "mkdirat", "linkat", "symlinkat", "ftruncate", "utimensat", "fsync", "fdatasync"];

/** For `through`. @param {string} log @param {string} inject as in `-e inject=CHANGES:…` @param {string[]} calls */
export const traced = (log, inject, calls = CHANGES) => ["strace", "-f", "-qq", "--seccomp-bpf", "-ttt", "-T", "-o", log, "-e", `trace=${CHANGES}`,
	...(inject ? ["-e", `inject=${calls}:${inject}`] : [])];

/* The call of the kernel that an act of the guest is. */
const KINDS = { unlink: "unlinkat", rmdir: "rmdir", rename: "renameat", mkdir: "mkdirat", link: "linkat", symlink: "symlinkat", times: "utimensat",
	ftimes: "utimensat", size: "ftruncate", sync: "fsync", datasync: "fdatasync" };

/** @returns {string | undefined} of "rename a b" */
export const kindOf = (act) => KINDS[act.split(" ")[0]];

/** Every change that is in the log from a byte on: [{ kind, failed, text, at: ms, when it was over }], and where the log ends. */
export function changesIn(log, from = 0) {
	const bytes = fs.readFileSync(log);
	const open = new Map(), changes = []; // thread -> what it began, where another thread's line came between
	for (const line of bytes.subarray(from).toString("latin1").split("\n")) {
		const [, thread, time, rest] = /^(\d+) +([\d.]+) (.*)$/.exec(line) ?? [];
		if (rest === undefined)
			continue;
		const [, begun] = /^(\w+\(.*) <unfinished \.\.\.>$/.exec(rest) ?? [];
		if (begun !== undefined) {
			open.set(thread, { begun, time });
			continue;
		}
		const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
		const { begun: head = "", time: began = time } = resumed ? open.get(thread) ?? {} : {};
		const [, name, , result, took] = /^(\w+)\((.*)\) += (-?\d+).*<([\d.]+)>$/.exec(resumed ? head + resumed[1] : rest) ?? [];
		if (name !== undefined)
			changes.push({ kind: /AT_REMOVEDIR/.test(rest + head) ? "rmdir" : name.replace("renameat2", "renameat"), failed: Number(result) < 0,
				text: resumed ? head + resumed[1] : rest, at: 1000 * (Number(began) + Number(took)) });
	}
	return { changes, end: bytes.length };
}
