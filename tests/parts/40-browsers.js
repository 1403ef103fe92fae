import { nodeTests } from "../node-tests.js";

/** The whole path in real engines; WVWASI_TEST=all adds every coherence to every engine. */
export const steps = () => nodeTests("browsers", { minutes: process.env.WVWASI_TEST === "all" ? 60 : 15, waits: ["dead-link"] });
export const batch = "in browsers", atOnce = 2;
