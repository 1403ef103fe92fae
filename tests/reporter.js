// A reporter for node:test: one line for each test as it ends, the reason below a failure, and `N passed, N failed` as the last line, which
// tests/run-all.js adds up. It counts tests, not suites.
import { relative } from "node:path";

const SAID_MAX = 4000;

/** @param {AsyncIterable<{ type: string, data: object }>} source node's test events */
export default async function* report(source) {
	const count = { pass: 0, fail: 0, skip: 0 };
	let said = ""; // on stderr by the test files: a file that ends before its tests says why only there
	for await (const { type, data } of source) {
		if (type === "test:stderr")
			said = (said + data.message).slice(-SAID_MAX);
		if (type === "test:diagnostic" || (type !== "test:pass" && type !== "test:fail"))
			continue;
		if (/name does not match/.test(data.skip))
			continue; // excluded by --test-name-pattern
		const suite = data.details?.type === "suite";
		const kind = data.skip !== undefined || data.todo !== undefined ? "skip" : type === "test:pass" ? "pass" : "fail";
		const indent = "  ".repeat(data.nesting);
		if (!suite)
			count[kind]++;
		const took = Math.round(data.details?.duration_ms ?? 0);
		yield `${indent}${suite ? "suite" : { pass: "ok", fail: "NOT OK", skip: "skipped" }[kind]} ${data.name}${took > 1000 ? ` (${(took / 1000).toFixed(1)} s)` : ""}\n`;
		if (kind === "fail" && (!suite || data.details.error?.failureType === "hookFailed"))
			yield (explain(data.details.error) + (data.nesting === 0 && said ? `\n${said.trim()}` : "")).replace(/^/gm, `${indent}    `) + "\n";
	}
	yield `${count.pass} passed, ${count.fail} failed${count.skip ? `, ${count.skip} skipped` : ""}\n`;
}

function explain(error) {
	const cause = error?.cause ?? error;
	return String(cause?.stack ?? cause).replaceAll(/file:\/\/(\/[^\s)]+)/g, (_, file) => relative(process.cwd(), file));
}
