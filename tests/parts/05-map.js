import { nodeTests } from "../node-tests.js";

/** The rooms include each other in their order alone. */
export const steps = () => nodeTests("map");
export const batch = "without browsers", atOnce = 2;
