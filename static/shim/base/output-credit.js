//# allFunctionsCalledOnLoad
/* How a program's worker learns how much of its output the page has taken, where no memory is shared and a worker that blocks
 * hears nothing: with every MiB goes the URL of a blob of the worker's own, which the page revokes when it has taken what came
 * before. Whether a URL is still good can be asked while blocking, by a synchronous request that never leaves the browser. */

const MARK_BYTES = 1 << 20;

export class OutputCredit {
	#open = []; // { url, bytes }: how much had left with it
	#posted = 0;
	#marked = 0;
	#taken = 0;

	/** So many bytes leave: what the page is to revoke when it has them, or null. */
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
