//# allFunctionsCalledOnLoad
/* The heads of http_request (docs/PROTOCOL.md, "Requests"): a request's is written, a response's read. */
import { Reader, Writer, toBytes } from "./bytes.js";

const BODY = { NONE: 0, KNOWN: 1, STREAM: 2 };

/**
 * @param {{ method: string, url: string, headers: [string, Uint8Array][], length: number | null | undefined }} head length: of the body; null: there is
 *   none; undefined: nobody knows yet
 */
export function encodeRequestHead({ method, url, headers, length }) {
	const w = new Writer();
	const text = bytes => {
		w.u16(bytes.length);
		w.raw(bytes);
	};
	text(toBytes(method));
	text(toBytes(url));
	w.u8(length === null ? BODY.NONE : length === undefined ? BODY.STREAM : BODY.KNOWN);
	w.u64(length ?? 0);
	w.u16(headers.length);
	for (const [name, value] of headers) {
		text(toBytes(name));
		text(value);
	}
	return w.bytes.slice(0, w.at);
}

/** { status, statusText, headers: [name, value][] }; all but the status are bytes. */
export function decodeResponseHead(bytes) {
	const r = new Reader(bytes), status = r.u16();
	r.raw(1);
	const text = () => r.raw(r.u16()).slice();
	const statusText = text();
	return { status, statusText, headers: Array.from({ length: r.u16() }, () => [text(), text()]) };
}
