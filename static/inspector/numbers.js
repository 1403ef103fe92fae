/* Formats and parses times. Times are microseconds. */
import { clock } from "../figures.js";

export { bytes, clock, count } from "../figures.js";

/** Programs of recordings have ids from here on, which no gateway gives. */
export const RECORDED = 2 ** 31;

/** What is shown for a program's id: "7"; "R2" for the second recorded run. */
export const programText = id => (id >= RECORDED ? `R${id - RECORDED}` : String(id));

/** 1234.5 is "1.23 ms"; NaN, which stands for "not known", is "–". */
export function took(us) {
	if (Number.isNaN(us))
		return "\u2013";
	if (us < 0.9995)
		return us < 0.005 ? "0" : `${us < 0.0995 ? us.toFixed(2) : us.toFixed(1)} µs`;
	if (us < 999.5)
		return `${three(us)} µs`;
	if (us < 999_500)
		return `${three(us / 1000)} ms`;
	if (us < 59_950_000)
		return `${three(us / 1e6)} s`;
	return clock(us / 1e6);
}

function three(number) {
	return number >= 99.95 ? Math.round(number) : number >= 9.995 ? number.toFixed(1) : number.toFixed(2);
}

/** The time of day, local, with microseconds: "14:03:07.123456". */
export function timeOfDay(us) {
	const date = new Date(Math.floor(us / 1000));
	const two = value => String(value).padStart(2, "0");
	const fraction = Math.floor(us - Math.floor(us / 1e6) * 1e6);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(fraction).padStart(6, "0")}`;
}

/**
 * "1ms", "200 us", "0.5s"; a bare number is milliseconds.
 * @returns {number | null} microseconds; null: not a time
 */
export function parseTook(text) {
	const match = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s)?\s*$/i.exec(text);
	if (!match)
		return null;
	return Number(match[1]) * { ns: 0.001, us: 1, "µs": 1, ms: 1000, s: 1e6 }[(match[2] ?? "ms").toLowerCase()];
}
