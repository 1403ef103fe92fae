/* Numbers for people. */

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

/** 0.0123 is "12 ms", 75 is "1:15". */
export function duration(seconds) {
	if (seconds < 0.9995)
		return `${Math.round(seconds * 1000)} ms`;
	if (seconds < 59.95)
		return `${seconds.toFixed(1)} s`;
	return clock(Math.round(seconds));
}

/** A clock that runs: 75.9 is "1:15". */
export function clock(seconds) {
	const whole = Math.floor(seconds);
	const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
	const two = value => String(value).padStart(2, "0");
	return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
