//# allFunctionsCalledOnLoad
/* Which program a page runs, for its recording; and which run of a recording is of a program. */
import { RecordingError } from "../base/errors.js";
import { shownText, sourceBytes } from "../base/bytes.js";
import { openRecording } from "./reader.js";
import { digestOf } from "./recorder.js";

const SHOWN = 12; // of a digest

const digests = new WeakMap(); // WebAssembly.Module -> its program's

/* SHA-256 of the program's bytes; null where they can't be had again: of a Module that the app compiled, and of a Response without a URL. source: as run() takes
 * it; compiled: what was made of it: a page that runs it again has the same, and needn't fetch it again. */
async function programDigest(source, compiled) {
	const digest = digests.get(compiled) ?? await digestOfSource(source);
	if (digest !== null && compiled instanceof WebAssembly.Module)
		digests.set(compiled, digest);
	return digest;
}

async function digestOfSource(source) {
	if (source instanceof ArrayBuffer || ArrayBuffer.isView(source))
		return digestOf(sourceBytes(source, "the program"));
	const url = source instanceof Response ? source.url : source;
	if (source instanceof WebAssembly.Module || !url)
		return null;
	const response = await fetch(url).catch(() => null);
	return response?.ok ? digestOf(await response.arrayBuffer()) : null;
}

/** What recordingHead() takes. compiled: the WebAssembly.Module that was made of the source, or a promise of it. */
export async function aboutRun(source, compiled, { welcome, wait }) {
	const given = await source;
	return {
		url: given instanceof Response ? given.url : typeof given === "string" || given instanceof URL ? String(given) : "",
		sha256: await programDigest(given, await compiled), args: welcome.args.map(shownText), wait, browser: navigator.userAgent, started: Date.now(),
	};
}

/* The run of that program: the first, or the one with that number. Rejects with a RecordingError. */
async function runOf(recording, number, source, compiled) {
	const { runs } = await openRecording(await recording);
	if (number !== undefined && runs[number] === undefined)
		throw new RecordingError(`the recording has no run ${number}: it has ${runs.length}, counted from 0`);
	const sha256 = await programDigest(await source, compiled);
	const found = number === undefined ? runs.find(({ program }) => isSame(program.sha256, sha256)) : runs[number];
	if (found !== undefined && isSame(found.program.sha256, sha256))
		return found;
	const { program } = found ?? runs[0];
	throw new RecordingError(`the recording is of another program: of '${program.args[0] ?? program.path}' with the SHA-256 ${
		program.sha256.slice(0, SHOWN)}…, and this one has ${sha256.slice(0, SHOWN)}…`);
}

/* Where one isn't known, the first call that differs will tell. */
const isSame = (recorded, own) => recorded === null || own === null || recorded === own;

/* Why a recording without an end has none, for a sentence. */
const CUT = Object.freeze({
	full: "--limit record had no room for more", unwritten: "its disk had no room for more", gone: "its page or its gateway was lost there",
	damaged: "what follows is damaged",
});

/** Of run()'s options, those that a replay has: nothing is granted to it. */
export const REPLAYED = Object.freeze({ stdin: null, env: {}, preopens: {}, coherence: "strict", net: [], inject: undefined });

/** What the worker replays: { records, end, cut, args }. options: run()'s; compiled: the source's Module. Rejects with a RecordingError, or a TypeError. */
export async function replayOf({ replay, replayRun, imports }, source, compiled) {
	if (imports !== undefined)
		throw new TypeError("a program with imports of its own can't be replayed: what they gave it isn't recorded");
	const { records, program, end } = await runOf(replay, replayRun, source, compiled);
	return { records, end, cut: CUT[end.cut], args: program.args };
}
