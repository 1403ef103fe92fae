import { nodeTests } from "../node-tests.js";

/** How often real programs wait for an answer. Those beside CPython are there after `make bench-programs`. */
export const steps = () => nodeTests("waits", { minutes: 20 });
