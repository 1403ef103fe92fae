// What guest/steady.c compares with: a trampoline as ours, whose calls all return a constant.
import { ALL_SIGNATURES } from "/_wvwasi/shim/base/signatures.js";
import { makeTrampoline } from "/_wvwasi/shim/base/trampoline.js";

export default () => ({ constant: makeTrampoline(Object.fromEntries(Object.keys(ALL_SIGNATURES).map((name) => [name, () => 0])), () => 0) });
