import { waysOf } from "../engines/index.js";
import { nodeTests } from "../node-tests.js";

const all = process.env.WVWASI_TEST === "all";

const KINDS = ["watch", "data", "control", "random"]; // tests/debugger/attached.js

/* The browsers' suite, which mustn't notice a debugger: what each does beside one is in tests/debugger/attached.js. */
const SUITES = all ? Object.keys(waysOf).filter((engine) => engine !== "webview")
	.flatMap((engine) => waysOf[engine].flatMap((wait) => KINDS.map((kind) => ({ engine, wait, kind }))))
	: [{ engine: "chromium", wait: "jspi", kind: "random" }];

/* Other suites of what programs see and leave, in every way to wait of their engines. Some say what the page answers itself, or doesn't wait for: nothing for
 * a program that somebody controls. */
const NOT_CONTROLLED = ["coherence", "coherence-firefox", "coherence-webkit", "coherence-webkit-shared", "coherence-lost", "foreseen"];
const OTHERS = all ? [
	...["coherence-limits", "durability", "durability-lost", "sqlite-locks", ...NOT_CONTROLLED].map((file) => ["browsers", file]), ["differential", "engines"],
] : [];

/** A program in one browser, the inspector in another; and what programs do while somebody looks on. */
export const steps = () => [
	...nodeTests("debugger", { minutes: all ? 60 : 10 }),
	...SUITES.flatMap(({ engine, wait, kind }) => nodeTests("browsers", {
		env: { WVWASI_TEST_DEBUGGER: kind, WVWASI_WAY: `${wait}/default` }, minutes: 10, only: (file) => file === `${engine.replace("+", "-")}.test.js`,
	}).map((step) => ({ ...step, name: `${step.name}, ${wait}, beside a debugger (${kind})` }))),
	...KINDS.flatMap((kind) => OTHERS.filter(([, name]) => kind !== "control" || !NOT_CONTROLLED.includes(name)).flatMap(([folder, name]) => nodeTests(folder, {
		env: { WVWASI_TEST_DEBUGGER: kind }, minutes: 30, only: (file) => file === `${name}.test.js`,
	}).map((step) => ({ ...step, name: `${step.name}, beside a debugger (${kind})` })))),
];
export const batch = "in browsers", atOnce = 2;
