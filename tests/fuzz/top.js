import { fileURLToPath } from "node:url";

/** The tree's root. */
export const top = fileURLToPath(new URL("../..", import.meta.url));
