//# allFunctionsCalledOnLoad
/* What the program writes on stdout and stderr, on its way to the page: gathered for a short time, since a message costs as much as a hundred small writes. The
 * order between the two streams stays. */

const GATHER_BYTES = 32 << 10;
const GATHER_MS = 1;
/* The first messages after a pause are sent at once; only continuous output is gathered. Gathered output lies in shared memory, too, where the page finds it if
 * the program makes no further call. Without shared memory output is gathered only if it must wait for changes of files. */
const BURST = 16;
const BEHIND_BYTES = 4 << 20;

export class Output {
	#post;
	#now;
	#parts = []; // { stream, bytes, needs }: the batch that has to be done before the page sees it; 0: none
	#gathered = 0;
	#burst = BURST; // messages that may leave at once; one more every GATHER_MS
	#looked = 0; // ms
	#known = 0; // bytes that the page has taken, at least
	/** () => boolean: must earlier changes of files be done before the page may show what is printed now? */
	mayLeave = () => true;
	/** () => the batch that must be done before what is printed now may be shown; 0: none. */
	needs = () => 0;
	#shared = null;
	#isOver = false;
	/** How many bytes were sent, and a function that says how many of them the page has taken. */
	posted = 0;
	taken = null;

	/** post: (parts: [{ stream: "stdout" | "stderr", bytes }]) => void; the bytes are the receiver's then. */
	constructor(post, now = () => performance.now()) {
		this.#post = post;
		this.#now = now;
	}

	/** shared: the SharedOutput where the page finds what is gathered. */
	share(shared) {
		this.#shared = shared;
	}

	/** Takes the bytes. False: they should be sent now, but may not be yet. */
	write(stream, bytes) {
		if (bytes.length === 0 || this.#isOver)
			return true;
		this.#forgetTaken();
		const needs = this.needs();
		this.#parts.push({ stream, bytes, needs });
		this.#gathered += bytes.length;
		const soon = this.#spend(), full = this.#gathered >= GATHER_BYTES;
		if ((soon || full) && this.mayLeave())
			return this.flush();
		if (this.#shared === null)
			return !soon && !full && !this.mayLeave() ? true : this.flush();
		return this.#shared.offer(stream, bytes, needs) && !full ? true : this.flush();
	}

	/** The changes of this batch and of later ones may be lost: output after them, also future output, isn't shown. Infinity: future output isn't. */
	forget(batch) {
		this.#isOver = true;
		if (batch === Infinity)
			return;
		this.#forgetTaken();
		this.#parts = this.#parts.filter(({ needs }) => needs < batch);
		this.#gathered = this.#parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
		this.#shared?.withdraw();
	}

	/* May a message leave at once? */
	#spend() {
		const now = this.#now();
		this.#burst = Math.min(BURST, this.#burst + (now - this.#looked) / GATHER_MS);
		this.#looked = now;
		if (this.#burst < 1)
			return false;
		this.#burst--;
		return true;
	}

	/* What the page has taken from shared memory isn't posted. */
	#forgetTaken() {
		for (let parts = this.#shared?.hold() ?? 0; parts > 0; parts--) {
			const { length } = this.#parts.shift().bytes;
			this.#gathered -= length;
			this.posted += length;
		}
	}

	/** Before the program waits, and at its end. False: the output may not be sent yet. */
	flush() {
		if (this.#parts.length === 0)
			return true;
		if (!this.mayLeave())
			return false;
		this.#forgetTaken();
		if (this.#parts.length)
			this.#send();
		else
			this.#shared.release();
		return true;
	}

	/** Is any output unsent? */
	get pending() {
		return this.#parts.length > 0;
	}

	/** Is the page so far behind that the program should wait for it? */
	get overfull() {
		if (this.taken !== null && this.posted - this.#known > BEHIND_BYTES)
			this.#known = this.taken(); // asking may cost
		return this.taken !== null && this.posted - this.#known > BEHIND_BYTES;
	}

	#send() {
		const parts = joinStreams(this.#parts);
		this.posted += this.#gathered;
		this.#parts = [];
		this.#gathered = 0;
		this.#post(parts);
		this.#shared?.clear();
	}
}

function joinStreams(parts) {
	const joined = [];
	for (let i = 0; i < parts.length;) {
		let end = i + 1;
		while (end < parts.length && parts[end].stream === parts[i].stream)
			end++;
		joined.push(end === i + 1 ? parts[i] : { stream: parts[i].stream, bytes: concatenate(parts.slice(i, end).map(part => part.bytes)) });
		i = end;
	}
	return joined;
}

/** One Uint8Array of many. */
export function concatenate(pieces) {
	const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		bytes.set(piece, at);
		at += piece.length;
	}
	return bytes;
}
