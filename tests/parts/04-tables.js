import { nodeTests } from "../node-tests.js";

/** Tables, what is made from them and what must follow from their rows are complete and current: known within a second or two. */
export const steps = () => nodeTests("tables");
