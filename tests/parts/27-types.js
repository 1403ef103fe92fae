import { nodeTests } from "../node-tests.js";

/** wvwasi.d.ts against uses of it, and the shim's code against its own comments. */
export const steps = () => nodeTests("types");
export const batch = "without browsers", atOnce = 2;
