import { nodeTests } from "../node-tests.js";

/** Random calls here and on another host; `make differential` is the long run. */
export const steps = () => nodeTests("differential", { minutes: 20 });
export const batch = "in browsers", atOnce = 2;
