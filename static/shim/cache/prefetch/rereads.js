//# allFunctionsCalledOnLoad
/* Which files the program will look at again after it wrote to them: a database looks at a file's beginning and attributes after each of its own
 * changes. They come with what is waited for before.
 * It earns: SQLite writing 10,000 rows waits 64 times, 116 without it (bench/predictors.js: 63 and 120). */
import { NUMBERS } from "../../base/syscalls.js";
import { leaseOf } from "../facts/windows.js";

const BYTES = 4 << 10; // what it looks at again
const SURE = 2; // that often

export class Rereads {
	#asking;
	#windows;
	#written = new Set(); // descriptors of files that the program wrote and will look at again

	constructor(asking, windows) {
		this.#asking = asking;
		this.#windows = windows;
	}

	/** The program has to ask for what it reads (at this offset) or looks at (null). */
	missed({ reading }, offset) {
		if (reading === null || !reading.written)
			return;
		reading.written = false;
		reading.rereads++;
		if (typeof offset === "number")
			reading.rereadAt = offset - offset % BYTES;
	}

	/** The program changed the file behind this descriptor. */
	wrote(descriptor) {
		const { reading } = descriptor;
		if (reading.reread !== null && !reading.reread.served) // what came again was for naught
			reading.rereads = 0;
		reading.reread = null;
		if (!reading.readable)
			return;
		reading.written = true;
		if (reading.rereads >= SURE)
			this.#written.add(descriptor);
	}

	/** Before a batch leaves that is waited for. */
	piggyback() {
		for (const descriptor of this.#written)
			this.#ask(descriptor);
	}

	#ask(descriptor) {
		this.#written.delete(descriptor);
		if (!this.#asking.room || !this.#asking.facts.contents.mayLease(descriptor))
			return;
		const { reading } = descriptor;
		const at = reading.rereadAt;
		this.#asking.content(descriptor.handle, () => descriptor);
		const w = this.#asking.beside(NUMBERS.fd_pread, (errno, bytes, since) => {
			const lease = leaseOf(descriptor);
			if (errno !== 0 || lease === null)
				return;
			this.#windows.putAnew(descriptor, lease, at, bytes, BYTES, since);
			reading.written = false;
			reading.reread = lease;
		});
		w.u32(descriptor.handle);
		w.u64(at);
		w.u32(BYTES);
	}

	/** It is closed. */
	forget(descriptor) {
		this.#written.delete(descriptor);
	}
}
