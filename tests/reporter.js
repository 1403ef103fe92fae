// How node's tests are shown: one line each as they end, a failure with its reason, and at last `N passed, N failed`, which
// tests/run-all.js adds up. Suites aren't counted, only what is in them.
import { relative } from "node:path";

const SAID_MAX = 4000;

/** @param {AsyncIterable<{ type: string, data: object }>} source node's test events */
export default async function* report(source) {
	const count = { pass: 0, fail: 0, skip: 0 };
	let said = ""; // by the test files themselves: why one ended without a test's failure stands only there
	for await (const { type, data } of source) {
		if (type === "test:stderr")
			said = (said + data.message).slice(-SAID_MAX);
		if (type === "test:diagnostic" || (type !== "test:pass" && type !== "test:fail"))
			continue;
		if (/name does not match/.test(data.skip))
			continue; // left out on purpose: --test-name-pattern
		const suite = data.details?.type === "suite";
		const kind = data.skip !== undefined || data.todo !== undefined ? "skip" : type === "test:pass" ? "pass" : "fail";
		const indent = "  ".repeat(data.nesting);
		if (!suite)
			count[kind]++;
		const took = Math.round(data.details?.duration_ms ?? 0);
		yield `${indent}${{ pass: "ok", fail: "NOT OK", skip: "skipped" }[kind]} ${data.name}${took > 1000 ? ` (${(took / 1000).toFixed(1)} s)` : ""}\n`;
		if (kind === "fail" && !suite)
			yield (explain(data.details.error) + (data.nesting === 0 && said ? `\n${said.trim()}` : "")).replace(/^/gm, `${indent}    `) + "\n";
	}
	yield `${count.pass} passed, ${count.fail} failed${count.skip ? `, ${count.skip} skipped` : ""}\n`;
}

function explain(error) {
	const cause = error?.cause ?? error;
	return String(cause?.stack ?? cause).replaceAll(/file:\/\/(\/[^\s)]+)/g, (_, file) => relative(process.cwd(), file));
}
