/* What a later run does otherwise than an earlier one, in sentences: calls that it makes more or less often, files that it reads or doesn't any more, how it
 * ends. Pure. */
import { callName } from "./rows.js";
import { bytes, count, took } from "./numbers.js";

const MOST = 200; // sentences
const MORE_BYTES = 1024; // a smaller difference isn't told
const MORE_SHARE = 0.1;
const MORE_US = 100_000;

/**
 * @typedef {{ text: string, subject: string, weight: number }} Difference subject: a name that the program made up, which stands before the text, or ""
 * @param {import("./model.js").Program} before @param {import("./model.js").Program} after
 * @returns {Difference[]} the most telling first
 */
export function differences(before, after) {
	const found = [...lates(before, after), ...ends(before, after), ...calls(before.sums, after.sums), ...files(before.files.byPath(), after.files.byPath()),
		...times(before.sums, after.sums)];
	return found.sort((a, b) => b.weight - a.weight).slice(0, MOST);
}

function* lates(...programs) {
	for (const { id, wasLate } of programs)
		if (wasLate)
			yield { subject: "", text: `Program ${id} was watched from its middle on: what it did before is counted nowhere here`, weight: 1e13 };
}

function* ends({ ended: before }, { ended: after }) {
	const say = ({ reason, code }) => reason === "exit" ? `exit code ${code === null ? "unknown" : code | 0}` : reason;
	if (before !== null && after !== null && say(before) !== say(after))
		yield { subject: "", text: `It ends with ${say(after)}, not with ${say(before)}`, weight: 1e12 };
}

function* calls(before, after) {
	for (const call of new Set([...before.calls.keys(), ...after.calls.keys()])) {
		const was = before.calls.get(call), is = after.calls.get(call);
		const more = (is?.count ?? 0) - (was?.count ?? 0), failures = (is?.errors ?? 0) - (was?.errors ?? 0);
		const name = callName(call);
		if (more > 0)
			yield { subject: "", text: was?.count ? `${count(more)} more ${name}` : `${count(more)} ${name}, where there was none`, weight: more * 100 };
		if (more < 0)
			yield { subject: "", text: is?.count ? `${count(-more)} fewer ${name}` : `No ${name} any more: it was ${count(-more)}`, weight: -more * 100 };
		if (failures !== 0)
			yield { subject: "", text: `${count(Math.abs(failures))} ${failures > 0 ? "more" : "fewer"} ${name} that fail`, weight: 1e6 + Math.abs(failures) };
	}
}

function* files(before, after) {
	const none = { opened: 0, read: 0, written: 0, calls: 0, errors: 0 };
	for (const path of new Set([...before.keys(), ...after.keys()])) {
		const was = before.get(path) ?? none, is = after.get(path) ?? none;
		yield* moved(path, was.read, is.read, { none: "isn\u2019t read any more", now: "is read now", verb: "read" });
		yield* moved(path, was.written, is.written, { none: "isn\u2019t written any more", now: "is written now", verb: "written" });
		const moves = was.read || is.read || was.written || is.written;
		if (was.opened && !is.opened && !moves)
			yield { subject: path, text: "isn\u2019t opened any more", weight: 5e5 };
		if (!was.opened && is.opened && !moves)
			yield { subject: path, text: is.errors ? "is opened now, and fails at times" : "is opened now", weight: 5e5 };
		if (!was.calls && is.calls && !is.opened && !moves)
			yield { subject: path, text: is.errors === is.calls ? "is asked for now, in vain" : "is asked for now", weight: 1e5 };
		if (was.calls && !is.calls && !was.opened && !moves)
			yield { subject: path, text: "isn\u2019t asked for any more", weight: 1e5 };
	}
}

function* moved(path, was, is, { none, now, verb }) {
	if (was && !is)
		yield { subject: path, text: none, weight: 1e7 + was };
	else if (!was && is)
		yield { subject: path, text: `${now}: ${bytes(is)}`, weight: 1e7 + is };
	else if (Math.abs(is - was) >= MORE_BYTES && Math.abs(is - was) >= MORE_SHARE * was)
		yield { subject: path, text: `${bytes(Math.abs(is - was))} ${is > was ? "more" : "less"} ${verb}`, weight: Math.abs(is - was) };
}

function* times({ all: before }, { all: after }) {
	const own = ({ took: whole, parts }) => whole - parts.waiting;
	const longer = own(after) - own(before);
	if (Math.abs(longer) >= MORE_US && Math.abs(longer) >= MORE_SHARE * own(before))
		yield { subject: "", text: `Its calls took ${took(Math.abs(longer))} ${longer > 0 ? "longer" : "less"}, waiting not counted`, weight: 1e4 };
}
