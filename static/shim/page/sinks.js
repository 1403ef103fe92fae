//# allFunctionsCalledOnLoad
/* The receivers of a program's output in the page. A sink has write(bytes), which may give a promise, and end(). */
import { concatenate } from "../base/output.js";

const UNREAD_MAX = 1 << 20;

/** For an app's option: a function, a WritableStream (left open at the end: it may be shared), "capture", or nothing. */
export function makeSink(option) {
	if (typeof option === "function")
		return { write: option, end() {} };
	if (typeof option?.getWriter === "function") {
		const writer = option.getWriter();
		return { write: bytes => writer.write(bytes), end: () => writer.releaseLock() };
	}
	if (option === "capture")
		return captureSink();
	if (option === "stream")
		return streamSink();
	if (option === undefined || option === null || option === "inherit")
		return { write() {}, end() {} };
	throw new TypeError("stdout and stderr are a function, a WritableStream, \"capture\" or \"inherit\"");
}

function captureSink() {
	const pieces = [];
	return {
		write: bytes => void pieces.push(bytes),
		end() {
			this.captured = concatenate(pieces);
		},
	};
}

/* A ReadableStream that may stay unread: then output beyond a MiB is dropped, and the program goes on. A reader slows the program to its own pace. */
function streamSink() {
	let controller, pulled = null, open = true;
	const stream = new ReadableStream({
		start: its => void (controller = its),
		pull() {
			pulled?.();
			pulled = null;
		},
		cancel: () => void (open = false),
	}, { highWaterMark: UNREAD_MAX, size: bytes => bytes.length });
	return {
		stream,
		write(bytes) {
			if (!open || controller.desiredSize <= 0 && !stream.locked)
				return undefined;
			controller.enqueue(bytes);
			return controller.desiredSize > 0 ? undefined : new Promise(resolve => void (pulled = resolve));
		},
		end() {
			if (open)
				controller.close();
			open = false;
		},
	};
}
