import { nodeTests } from "../node-tests.js";

/** A program in one browser, the inspector in another. */
export const steps = () => nodeTests("debugger", { minutes: 5 });
