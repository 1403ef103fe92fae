//# allFunctionsCalledOnLoad
/* Which calls on open files may be told as done before they are: those whose success is as good as certain. The server executes in order and ends the
 * program at one that fails, so all that anybody outside can see is a program that was ended there (docs/PROTOCOL.md, Foreseen calls). Leaves to others:
 * calls on names (ownnames.js), sending them (program.js), holding back what would show it (output.js, poll.js). */
import { WATCH } from "../base/codec.js";
import { RIGHT } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const UNSETTLED_MAX = 256; // changes that aren't known to be done; then the program waits
const CLOSED_MAX = 256 << 10; // bytes written through a handle whose close isn't waited for: a disk that fills up meanwhile is told at the close of longer ones
const RIGHTS = new Map([
	[NUMBERS.fd_sync, RIGHT.FD_SYNC], [NUMBERS.fd_datasync, RIGHT.FD_DATASYNC],
	[NUMBERS.fd_filestat_set_size, RIGHT.FD_FILESTAT_SET_SIZE], [NUMBERS.fd_filestat_set_times, RIGHT.FD_FILESTAT_SET_TIMES],
]);

/* So much the program may write after the server has said that there is room, for 64 MiB at least; then the server is asked again: a program that fills the
 * disk itself gets an errno, as natively, and isn't ended for it. */
const ROOM_MAX = 16 << 20;

export class Foresight {
	#program;
	#proven = new Set(); // "number root": the call has succeeded below that grant; times: on that handle

	constructor(program) {
		this.#program = program;
	}

	/** Is it a program of which anything may be foreseen now? */
	get isOn() {
		const { foresees, watching, pipeline, roomToTell } = this.#program;
		return foresees && pipeline.lost === null && watching[0] !== WATCH.CONTROLLED && pipeline.unsettledWrites < UNSETTLED_MAX && roomToTell;
	}

	/** Is there still the room that there was when the server gave this (a descriptor, or what the next one will be like), as far as the program uses it up? */
	hasRoom({ credit, usedAt }) {
		return credit > 0 && this.#program.used - usedAt < ROOM_MAX;
	}

	/** A regular file that the server lets be written without waiting: there is room, no quota, and the file system is a local one. */
	foresees(number, descriptor) {
		return this.isOn && descriptor.seekable && this.hasRoom(descriptor) && !descriptor.behind?.poison && !descriptor.narrowed
			&& (!RIGHTS.has(number) || descriptor.may(RIGHTS.get(number)))
			&& (number !== NUMBERS.fd_close || (descriptor.behind?.written ?? 0) <= CLOSED_MAX) && this.#proven.has(keyOf(number, descriptor));
	}

	succeeded(number, descriptor) {
		this.#proven.add(keyOf(number, descriptor));
	}
}

/* Who may write a file needn't be who may set its times. */
function keyOf(number, { root, handle }) {
	return number === NUMBERS.fd_filestat_set_times ? `${number} handle ${handle}` : `${number} ${root}`;
}
