import { ways } from "./ways.js";

await ways("webkit");
