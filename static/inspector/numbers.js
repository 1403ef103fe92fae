/* Numbers for people, and back. Times are microseconds. */

const grouped = new Intl.NumberFormat("en");
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 12345 is "12,345". */
export function count(number) {
	return grouped.format(number);
}

/** 1234567 is "1.2 MB". */
export function bytes(number) {
	let unit = 0;
	while (number >= 999.5 && unit < UNITS.length - 1) {
		number /= 1000;
		unit++;
	}
	return `${unit === 0 || number >= 99.95 ? Math.round(number) : number.toFixed(1)} ${UNITS[unit]}`;
}

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

/** Seconds: 75.9 is "1:15". */
export function clock(seconds) {
	const whole = Math.floor(seconds);
	const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
	const two = value => String(value).padStart(2, "0");
	return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
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
