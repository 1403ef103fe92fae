// What the inspector adds up, and how it writes what programs say.
import assert from "node:assert/strict";
import test from "node:test";

import { argumentsOf, shortRights } from "../../static/inspector/arguments.js";
import { ERRNO, errnoMeaning, errnoName } from "../../static/inspector/errnos.js";
import { bytes, parseTook, took } from "../../static/inspector/numbers.js";
import { printable, printableLines } from "../../static/inspector/printable.js";
import { FLAG } from "../../static/inspector/store.js";
import { Histogram, Sums } from "../../static/inspector/sums.js";

test("errors have preview1's numbers, strace's names and their own meaning", () => {
	assert.deepEqual([ERRNO.SUCCESS, ERRNO.NOENT, ERRNO.NOTCAPABLE], [0, 44, 76]);
	assert.deepEqual([0, 44, 76, 77].map(errnoMeaning), ["success", "no such file or folder", "descriptor has not the right for it", ""]);
	assert.deepEqual([ERRNO.NOENT, ERRNO.EXIST, ERRNO["2BIG"], 200].map(errnoName), ["ENOENT", "EEXIST", "E2BIG", "errno 200"]);
});

test("percentiles are within 5 % of the truth, over nine orders of magnitude", () => {
	for (const scale of [0.01, 1, 1e3, 1e7]) {
		const histogram = new Histogram();
		for (let i = 1; i <= 1000; i++)
			histogram.add(i * scale);
		for (const [share, wanted] of [[0.5, 500], [0.99, 990]])
			assert.ok(Math.abs(histogram.percentile(share) / (wanted * scale) - 1) < 0.05, `${histogram.percentile(share)} for ${wanted * scale}`);
		assert.equal(histogram.max, 1000 * scale);
		assert.ok(histogram.percentile(1) <= histogram.max);
	}
	assert.ok(Number.isNaN(new Histogram().percentile(0.5)));
	const one = new Histogram();
	one.add(0);
	assert.equal(one.percentile(0.99), 0);
});

test("calls, errors, parts, waits and bytes are added up", () => {
	const sums = new Sums();
	const row = (more) => ({ program: 1, time: 1e15, call: 21, errno: 0, flags: 0, batch: 1, bytes: 10, took: 100, page: 1, wire: 60, queue: 9, os: 30,
		...more });
	sums.add(row());
	sums.add(row({ batch: 1, errno: 8 }));
	sums.add(row({ batch: 2, flags: FLAG.LOCAL, page: 100, wire: 0, queue: 0, os: 0, bytes: 0 }));
	sums.add(row({ batch: 3, time: 1e15 + 1e6 }));
	sums.add(row({ batch: 4, flags: FLAG.QUIET, call: 9 }));
	const sum = sums.calls.get(21);
	assert.deepEqual([sum.count, sum.errors, sum.local, sum.bytes, sum.took], [4, 1, 1, 30, 400]);
	assert.deepEqual(sum.parts, { page: 103, wire: 180, queue: 27, os: 90, waiting: 0 });
	assert.equal(sums.all.count, 4);
	const { waits, bytes: moved, calls } = sums.series.window(2, 1e15 + 1e6 + 1000);
	assert.equal(waits.length, 8);
	assert.deepEqual([waits[3], waits[7]], [1, 1]); // one batch of two calls; and one
	assert.deepEqual([moved[3], moved[7]], [20, 10]);
	assert.equal(calls.reduce((a, b) => a + b), 4);
	assert.deepEqual([sums.calls.get(9).quiet, sums.calls.get(9).parts.os], [1, 30]); // what the page sent on its own
	sums.correct(21, 100, { took: 5000, page: 100, wire: 4861 });
	assert.deepEqual([sum.count, sum.took, sum.parts.page, sum.durations.max], [4, 5300, 203, 5000]);
	assert.ok(sum.durations.percentile(0.5) < 110);
});

test("what can't be seen is shown, and markup stays text", () => {
	const rows = [
		["plain <b>&amp;</b> \u00e9\u4e2d\u{1f600}", "plain <b>&amp;</b> \u00e9\u4e2d\u{1f600}"],
		["a\x1b[31mred\x07", "a\\e[31mred\\x07"],
		["exe.\u202etxt\u2066\u2069\u200f", "exe.\\u{202e}txt\\u{2066}\\u{2069}\\u{200f}"],
		["zero\u200bwidth\ufeff\u00ad", "zero\\u{200b}width\\u{feff}\\xad"],
		["lines\r\n\ttab\u2028", "lines\\r\\n\\ttab\\u{2028}"],
		["half \ud800 pair", "half \\u{d800} pair"],
		["z\u0301\u0302\u0303\u0304\u0305", "z\u0301\u0302\u0303\u2026"],
		["blank\u3164\u2800", "blank\\u{3164}\\u{2800}"],
		["\u{e0041}tag", "\\u{e0041}tag"],
	];
	for (const [given, wanted] of rows)
		assert.equal(printable(given), wanted);
	assert.equal(printableLines("one\r\ntwo\x1b[2J\n\u202e"), "one\ntwo\\e[2J\n\\u{202e}");
});

test("times are written short, and read back", () => {
	for (const [us, text] of [[0, "0"], [0.02, "0.02 µs"], [0.5, "0.5 µs"], [12.345, "12.3 µs"], [999.6, "1.00 ms"], [1234, "1.23 ms"], [250_000, "250 ms"],
			[2.5e6, "2.50 s"], [75e6, "1:15"], [NaN, "\u2013"]])
		assert.equal(took(us), text);
	for (const [text, us] of [["1ms", 1000], ["1", 1000], [".5 s", 500_000], ["200us", 200], ["5 µs", 5], ["x", null], ["", null], ["1 min", null]])
		assert.equal(parseTook(text), us);
	assert.equal(bytes(1536), "1.5 kB");
});

test("arguments are taken apart, and rights shortened, whatever is quoted in them", () => {
	assert.deepEqual(argumentsOf('3, SYMLINK_FOLLOW, "a, \\"b], c", [read 0, MONOTONIC +5 ns], new 6.3'),
		["3", "SYMLINK_FOLLOW", '"a, \\"b], c"', "[read 0, MONOTONIC +5 ns]", "new 6.3"]);
	assert.deepEqual(argumentsOf(""), ["none"]);
	assert.equal(shortRights("FD_READ|FD_SEEK|FD_TELL|PATH_OPEN, FD_READ|FD_SEEK, 0"), "FD_READ|FD_SEEK|+2, FD_READ|FD_SEEK, 0");
});
