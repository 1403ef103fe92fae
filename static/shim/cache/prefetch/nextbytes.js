//# allFunctionsCalledOnLoad
/* Which bytes of an open file the program will read next: the first ones with its open, then those that follow, more each time. Of a long leased
 * file the next windows leave the server while this one is read. Leaves to others: what was read (facts/windows.js).
 * It earns: SQLite's three queries over 10,000 rows wait 8 times, 306 without it, a first start of CPython 112 and 192. */
import { RIGHT } from "../../base/fds.js";
import { sizeOf } from "../../base/names.js";
import { NUMBERS } from "../../base/syscalls.js";

const FIRST = 64 << 10; // with an open to read; costs little more than an empty answer
const FIRST_KNOWN = 256 << 10; // of a file that is known to be no larger: all of it
const FIRST_BOTH = 16 << 10; // where the program writes too, reads are rarely sequential
const LARGEST = (1 << 20) - (4 << 10); // with what is around it a MiB
const SMALLEST = 4 << 10;
const REST = 2; // of a window: so much is taken along to the file's end
const COMING_MAX = 8; // windows asked for before the program asks
const WASTE = 0.3; // of what was read, how much may have been asked for in vain
const OFLAG_DIRECTORY = 2, OFLAG_TRUNC = 8;

/** Bytes of a leased file that were asked for while the program reads those before. */
class Coming {
	flight = null;
	bytes = null; // what came, if it was good then
	since = 0;

	constructor(start, asked) {
		this.start = start;
		this.asked = asked;
	}
}

export class NextBytes {
	#program;
	#asking;
	#windows;
	#isOn;

	constructor(program, asking, windows, isOn) {
		this.#program = program;
		this.#asking = asking;
		this.#windows = windows;
		this.#isOn = isOn;
	}

	/** How many bytes an open asks for at once; 0: none. size: of the file, if it is known, else 0. */
	first(oflags, rights, size) {
		if (!this.#isOn || (rights & RIGHT.FD_READ) === 0 || (oflags & (OFLAG_DIRECTORY | OFLAG_TRUNC)) !== 0)
			return 0;
		if ((rights & RIGHT.FD_WRITE) !== 0)
			return FIRST_BOTH;
		return size < FIRST_KNOWN ? Math.max(FIRST, size + 1) : FIRST;
	}

	/** How many bytes to ask for where a read from `offset` on wants `length` more, `from` on: more, if the program reads on where it stopped. */
	want({ reading }, offset, from, length) {
		if (!this.#isOn)
			return length;
		const { window } = reading;
		if (offset !== reading.next) {
			reading.ahead = 0;
		} else if (window === null || from + length >= window.end) {
			reading.ahead = Math.min(LARGEST, Math.max(Math.ceil(reading.ahead * reading.growth), FIRST));
			const rest = reading.stat === null ? 0 : sizeOf(reading.stat.bytes) - from;
			if (reading.growth === 2 && rest >= reading.ahead && rest <= REST * reading.ahead && rest < LARGEST) // its end isn't worth a wait of its own
				reading.ahead = rest + 1;
		} else { // it grew old before it was used: as much as was used, then, and careful from here on
			reading.ahead = Math.max(SMALLEST, offset - window.start);
			reading.growth = 1.25;
		}
		return Math.max(length, reading.ahead);
	}

	/** An answer of `bytes` came where `asked` were wanted from `offset` on. */
	came(descriptor, offset, bytes, asked, since) {
		if (offset > 0)
			this.#windows.remember(descriptor);
		descriptor.reading.coming = [];
		this.#windows.put(descriptor, offset, bytes, asked, since);
		this.#askAhead(descriptor);
	}

	/* For as much as what was read is worth. */
	#askAhead(descriptor) {
		const { reading } = descriptor;
		const { window, coming } = reading;
		if (!this.#program.canAwait || reading.ahead < LARGEST || window.lease?.live !== true || window.lease.bytes !== null)
			return;
		const size = sizeOf(window.lease.stat);
		const most = Math.min(reading.depth, Math.floor(window.start * WASTE / LARGEST));
		while (coming.length < most) {
			const start = coming.length > 0 ? coming.at(-1).start + coming.at(-1).asked : window.end;
			if (start >= size || !this.#ask(descriptor, new Coming(start, LARGEST)))
				return;
		}
	}

	#ask(descriptor, coming) {
		const { pipeline } = this.#program;
		const { reading } = descriptor;
		if (!pipeline.empty || !this.#program.roomAhead)
			return false; // what is gathered goes with the next wait
		const { lease } = reading.window;
		const w = this.#asking.beside(NUMBERS.fd_pread, (errno, bytes, since) => {
			if (errno === 0 && lease.live)
				Object.assign(coming, { bytes, since });
		});
		w.u32(descriptor.handle);
		w.u64(coming.start);
		w.u32(coming.asked);
		coming.flight = this.#program.sendAhead();
		reading.coming.push(coming);
		return !pipeline.lost;
	}

	/** What was asked for from `offset` on, or null. */
	coming({ reading }, offset) {
		return reading?.coming[0]?.start === offset ? reading.coming[0] : null;
	}

	/** The window goes on to what came; gives its bytes, or null: they are no good any more. waited: the program did. */
	take(descriptor, coming, waited) {
		const { reading } = descriptor;
		if (waited)
			reading.depth = Math.min(COMING_MAX, 2 * reading.depth);
		const { start, bytes, asked, since } = coming;
		if (reading.coming[0] !== coming || bytes === null || reading.window?.lease?.live !== true) {
			reading.coming = [];
			return null;
		}
		reading.coming.shift();
		this.#windows.remember(descriptor);
		this.#windows.put(descriptor, start, bytes, asked, since, true);
		this.#askAhead(descriptor);
		return bytes;
	}
}
