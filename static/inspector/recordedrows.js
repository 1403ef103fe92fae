/* A recorded run as rows of the trace, so that timeline, files, sums and comparison are of recordings, too. Pure. What a recording doesn't know: batches, and
 * where within the gateway the time of a call went: all of a call that waited for it is told as the way there. Leaves to others: reading it (moments.js). */
import { NUMBERS } from "../shim/base/syscalls.js";
import { pathText } from "./rows.js";
import { FLAG, NO_HANDLE } from "./store.js";

const MOVES = /^(fd_p?read|fd_p?write|sock_(recv|send).*)$/;
const STANDARD = 3; // descriptors that every program has

/**
 * @param {{ id: number, files: import("./files.js").Files, began: number }} program whose files are told the paths of its folders
 * @param {import("../shim/recording/reader.js").Run} run
 * @param {import("./moments.js").Moments} moments of the run
 * @yields {import("./store.js").Row}
 */
export function* recordedRows(program, run, moments) {
	const handles = new Map(), uses = new Map(); // of descriptors: how often each number was used
	const handleOf = (id, fd) => {
		if (!handles.has(id)) {
			const use = uses.get(fd) ?? 0;
			uses.set(fd, use + 1);
			handles.set(id, (fd & 0xFFFF | (use & 0xFFFF) << 16) >>> 0);
		}
		return handles.get(id);
	};
	for (let fd = 0; fd < STANDARD; fd++)
		program.files.opened(fd, "");
	let time = program.began;
	for (let n = 0; n < run.calls; n++) {
		const { call, text, moved, made } = moments.arguments(n, null), { name, errno, tookUs, waited } = call;
		const { fd, handle, makes } = moments.handlesOf(n);
		const its = handle === 0 ? NO_HANDLE : handleOf(handle, fd);
		if (name === "fd_prestat_dir_name" && errno === 0 && call.writes.length > 0)
			program.files.opened(its, pathText(call.writes[0].bytes));
		time += call.startUs;
		const waits = waited && (name === "poll_oneoff" || name === "sock_accept" || its === 0);
		yield {
			program: program.id, time, call: NUMBERS[name], text, result: errno !== 0 ? "= -1" : `= ${MOVES.test(name) ? moved : 0}`, errno,
			flags: waited ? 0 : FLAG.LOCAL, batch: 0, serial: n + 1, handle: its, handle2: makes === 0 || made === null ? NO_HANDLE : handleOf(makes, made),
			path: call.paths.map(pathText).join("\0"), bytes: errno === 0 && MOVES.test(name) ? moved : 0, took: tookUs,
			page: waited ? 0 : tookUs, wire: waited && !waits ? tookUs : 0, queue: 0, os: 0, waiting: waits ? tookUs : 0,
		};
		time += tookUs;
	}
}
