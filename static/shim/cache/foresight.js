//# allFunctionsCalledOnLoad
/* Which calls may be told as done before they are: those whose success is as good as certain. The server executes in order and ends the program at one
 * that fails, so all that anybody outside can see is a program that was ended there (docs/PROTOCOL.md, Foreseen calls). Leaves to others: sending
 * them (program.js), holding back what would show it (output.js, poll.js). */
import { WATCH } from "../base/codec.js";
import { RIGHT } from "../base/fds.js";
import { NUMBERS } from "../base/syscalls.js";

const UNSETTLED_MAX = 256; // changes that aren't known to be done; then the program waits
const RIGHTS = new Map([[NUMBERS.fd_sync, RIGHT.FD_SYNC], [NUMBERS.fd_datasync, RIGHT.FD_DATASYNC]]);

export class Foresight {
	#program;
	#proven = new Set(); // "number root": the call has succeeded below that grant

	constructor(program) {
		this.#program = program;
	}

	/** A regular file that the server lets be written without waiting: there is room, no quota, and the file system is a local one. */
	foresees(number, descriptor) {
		const { foresees, watching, pipeline, roomToTell } = this.#program;
		return foresees && pipeline.lost === null && watching[0] !== WATCH.CONTROLLED && descriptor.seekable && descriptor.credit > 0 && !descriptor.behind?.poison
			&& !descriptor.narrowed && descriptor.may(RIGHTS.get(number)) && pipeline.unsettledWrites < UNSETTLED_MAX && roomToTell
			&& this.#proven.has(`${number} ${descriptor.root}`);
	}

	succeeded(number, descriptor) {
		this.#proven.add(`${number} ${descriptor.root}`);
	}
}
