import { reaching } from "./reach.js";

await reaching("chromium");
