// ANSWER frames, read as a test client does: program/pipeline.js reads them in place.
import { Reader } from "../../static/shim/base/codec.js";

/** { sequence, acknowledged, realtime, monotonic, results: [{ index, errno, bytes }] }; errno SKIPPED: it never ran. */
export function decodeAnswer({ body, count }) {
	const r = new Reader(body);
	const answer = { sequence: r.u32(), acknowledged: r.u32(), realtime: r.u64(), monotonic: r.u64(), results: [] };
	for (let i = 0; i < count; i++) {
		const index = r.u16();
		const errno = r.u16();
		answer.results.push({ index, errno, bytes: r.string() });
	}
	return answer;
}
