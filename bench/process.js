// What a process uses, from /proc.
import fs from "node:fs";

/** { cpuUs, systemUs, kib } of a process: CPU used so far by all its threads, that of it in the kernel (in steps of 10 ms), resident memory. */
export function look(pid) {
	const [, after] = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) /);
	const fields = after.split(" ");
	const runNs = fs.readdirSync(`/proc/${pid}/task`).reduce((sum, task) =>
		sum + Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]), 0);
	return { cpuUs: runNs / 1000, systemUs: Number(fields[12]) * 10_000, kib: Number(fields[21]) * 4 };
}

/** The keeper's child serves; the keeper only keeps. */
export function serving(pid) {
	const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean);
	return children.length ? Number(children[0]) : pid;
}
