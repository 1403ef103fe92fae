import { nodeTests } from "../node-tests.js";

/** What runs the tests: what counts as failed, and what a second try may forgive. */
export const steps = () => nodeTests("harness");
export const batch = "without browsers", atOnce = 2;
