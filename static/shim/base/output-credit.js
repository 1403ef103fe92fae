//# allFunctionsCalledOnLoad
/* Tells a program's worker how much of its output the page has taken, without shared memory, when a blocked worker receives no message. With every MiB the
 * worker sends the URL of a blob; the page revokes it when it has taken the output before it. A blocked worker asks whether the URL still works by a
 * synchronous request, which never leaves the browser. */

const MARK_BYTES = 1 << 20;

export class OutputCredit {
	#open = []; // { url, bytes }: how much had left with it
	#posted = 0;
	#marked = 0;
	#taken = 0;

	/** So many bytes are sent: gives the URL that the page is to revoke when it has them, or null. */
	next(bytes) {
		this.#posted += bytes;
		if (this.#posted - this.#marked < MARK_BYTES)
			return null;
		this.#marked = this.#posted;
		const url = URL.createObjectURL(new Blob(["x"]));
		this.#open.push({ url, bytes: this.#posted });
		return url;
	}

	/** How many bytes the page has taken, at least. */
	taken() {
		while (this.#open.length && !isGood(this.#open[0].url))
			this.#taken = this.#open.shift().bytes;
		return this.#taken;
	}
}

function isGood(url) {
	const request = new XMLHttpRequest();
	try {
		request.open("GET", url, false);
		request.send();
		return request.status === 200;
	} catch {
		return false;
	}
}
