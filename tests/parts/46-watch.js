import { nodeTests } from "../node-tests.js";

/** Programs in real engines, watched and stopped by a debugger in Node. */
export const steps = () => nodeTests("watch", { minutes: 5 });
