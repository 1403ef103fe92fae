import { nodeTests } from "../node-tests.js";

/** Nobody sees what isn't done, whoever looks, ends a program or changes the same files; `make promise` is the long run. */
export const steps = () => nodeTests("promise", { minutes: 10 });
export const batch = "in browsers", atOnce = 2;
