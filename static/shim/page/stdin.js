//# allFunctionsCalledOnLoad
/* A running program's stdin, as its app feeds it. Leaves to others: sending the bytes (gateway/control.js). */

export class Stdin {
	#control;

	constructor(control) {
		this.#control = control;
	}

	/** Writes text or bytes unchanged (line editing is the app's). Resolves when they are sent. */
	write(data) {
		return this.#control.writeStdin(data);
	}

	/** Ctrl-D: one read gives zero bytes. */
	mark() {
		return this.#control.markStdin();
	}

	/** End of file. */
	close() {
		return this.#control.closeStdin();
	}

	/** A new WritableStream over it, to pipe into. */
	get writable() {
		return new WritableStream({ write: data => this.write(data), close: () => this.close() });
	}
}
