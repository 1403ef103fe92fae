import { nodeTests } from "../node-tests.js";

/** What the terminal page does without a page: line mode on a real terminal's parser. */
export const steps = () => nodeTests("terminal");
export const batch = "without browsers", atOnce = 2;
