import { nodeTests } from "../node-tests.js";

/** The real binary and a raw client. */
export const steps = () => nodeTests("gateway");
export const batch = "without browsers", atOnce = 2;
