//# allFunctionsCalledOnLoad
/* The sources and sinks of bytes of WASI 0.3's streams, over wasi:io's (streams.js). Each has a future that tells how it ended. */
import { READY } from "./poll.js";
import { CLOSED, writeBytes } from "./streams.js";

const PIECE = 1 << 20; // bytes that are read or written at once

export class ByteSource {
	size = 1;
	#stream;
	#future;
	#resultOf;

	/** stream: an InputStream; future: a HostFuture; resultOf: (errno) => what stores result<_, error-code> */
	constructor(stream, future, resultOf) {
		this.#stream = stream;
		this.#future = future;
		this.#resultOf = resultOf;
		this.isReady = stream.offset !== null; // a file has its bytes always
	}

	pull(host, most, then) {
		return this.#stream.read(host, Math.min(most, PIECE), (errno, bytes) => {
			if (errno === 0)
				return then(bytes);
			this.#future.resolve(this.#resultOf(errno === CLOSED ? 0 : errno));
			return then(null);
		});
	}

	pullAlone(host, most, then) {
		return this.pull(host, most, then);
	}

	store(guest, pointer, bytes) {
		guest.bytes(pointer, bytes.length).set(bytes);
	}

	waitsFor() {
		return this.#stream.waitsFor();
	}

	drop(host) {
		this.#future.resolve(this.#resultOf(0));
		return this.#stream.drop(host);
	}
}

export class ByteSink {
	size = 1;
	#stream;
	#future;
	#resultOf;

	/** stream: an OutputStream; future, resultOf: as ByteSource's */
	constructor(stream, future, resultOf) {
		this.#stream = stream;
		this.#future = future;
		this.#resultOf = resultOf;
	}

	push(host, guest, pointer, count, then) {
		return this.pushItems(host, guest.bytes(pointer, Math.min(count, PIECE)), then);
	}

	pushItems(host, bytes, then) {
		return writeBytes(host, this.#stream, bytes, errno => {
			if (errno === 0)
				return then(bytes.length);
			this.#future.resolve(this.#resultOf(errno === CLOSED ? 0 : errno));
			return then(null);
		});
	}

	waitsFor() {
		return READY;
	}

	end(host) {
		return host.after(this.#stream.drop(host), () => {
			this.#future.resolve(this.#resultOf(0));
			return 0;
		});
	}
}
