// What guest/steady.c compares with: a trampoline as ours, whose calls all return a constant.
import { SIGNATURES } from "/_wvwasi/shim/base/signatures.js";
import { makeTrampoline } from "/_wvwasi/shim/base/trampoline.js";

export default () => ({ constant: makeTrampoline(Object.fromEntries(Object.keys(SIGNATURES).map((name) => [name, () => 0])), () => 0) });
