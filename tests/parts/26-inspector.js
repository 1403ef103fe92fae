import { nodeTests } from "../node-tests.js";

/** What the inspector keeps, filters and adds up, without a page. */
export const steps = () => nodeTests("inspector");
export const batch = "without browsers", atOnce = 2;
