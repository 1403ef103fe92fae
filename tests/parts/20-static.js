import { nodeTests } from "../node-tests.js";

/** The shim's parts that need no browser. */
export const steps = () => nodeTests("static");
export const batch = "without browsers", atOnce = 2;
