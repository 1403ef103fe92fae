// Our standard input, read from the start on, so that input which is complete before the program starts is known to it at
// once, as a file's would be; what is still to come is streamed, as a pipe or a terminal would.
const START_BYTES = 64 << 10;

/**
 * @returns {{ soFar(): Uint8Array | null, next(): Promise<Uint8Array | null> }} soFar: everything, if the end has come and it
 *          isn't much, else null; next: some bytes, or null at the end
 */
export function readStdin() {
	const chunks = [];
	let ended = false, length = 0, wake;
	const changed = () => {
		wake?.();
		wake = undefined;
	};
	let stream;
	try {
		stream = process.stdin;
	} catch {
		ended = true; // closed by whoever started us
	}
	const end = () => {
		ended = true;
		changed();
	};
	stream?.on("data", (chunk) => {
		chunks.push(chunk);
		length += chunk.length;
		if (length > START_BYTES)
			stream.pause();
		changed();
	}).on("end", end).on("error", end).on("close", end);
	return {
		soFar: () => (ended && length <= START_BYTES ? Buffer.concat(chunks) : null),
		async next() {
			while (!chunks.length && !ended)
				await new Promise((resolve) => (wake = resolve));
			const chunk = chunks.shift() ?? null;
			length -= chunk?.length ?? 0;
			if (length <= START_BYTES && !ended)
				stream.resume();
			return chunk;
		},
	};
}
