import { nodeTests } from "../node-tests.js";

/** What is made from the tables of calls and frames is current, and the page's codec speaks their bytes: known within a second or two. */
export const steps = () => nodeTests("tables");
