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

/** All processes below this one: what its threads have started, and what those have. */
export function below(pid) {
	try {
		const children = fs.readdirSync(`/proc/${pid}/task`).flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(/\s+/));
		return children.filter(Boolean).flatMap((child) => [Number(child), ...below(child)]);
	} catch {
		return []; // it has ended
	}
}

/** ms of processor that the process has used, threads that have ended and the kernel included; in steps of 10. */
export function usedMs(pid) {
	const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) /)[1].split(" ");
	return (Number(fields[11]) + Number(fields[12])) * 10;
}
