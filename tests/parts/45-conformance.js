import { nodeTests } from "../node-tests.js";

/** Every trap and security case, natively and in a browser, and the page about them. */
export const steps = () => nodeTests("conformance", { minutes: 10 });
export const batch = "in browsers", atOnce = 2;
