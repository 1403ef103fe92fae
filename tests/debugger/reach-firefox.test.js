import { reaching } from "./reach.js";

await reaching("firefox");
