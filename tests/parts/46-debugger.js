import { waysOf } from "../engines/index.js";
import { nodeTests } from "../node-tests.js";

const all = process.env.WVWASI_TEST === "all";

/* The browsers' suite, which mustn't notice a debugger: what each does beside one is in tests/debugger/attached.js. */
const SUITES = all ? Object.keys(waysOf).filter((engine) => !/\+|webview/.test(engine))
	.flatMap((engine) => waysOf[engine].flatMap((wait) => ["watch", "data", "control", "random"].map((kind) => ({ engine, wait, kind }))))
	: [{ engine: "chromium", wait: "jspi", kind: "random" }];

/** A program in one browser, the inspector in another; and what programs do while somebody looks on. */
export const steps = () => [
	...nodeTests("debugger", { minutes: all ? 60 : 10 }),
	...SUITES.flatMap(({ engine, wait, kind }) => nodeTests("browsers", {
		env: { WVWASI_TEST_DEBUGGER: kind, WVWASI_WAY: `${wait}/default` }, minutes: 10, only: (file) => file === `${engine}.test.js`,
	}).map((step) => ({ ...step, name: `${step.name}, ${wait}, beside a debugger (${kind})` }))),
];
export const batch = "in browsers", atOnce = 2;
