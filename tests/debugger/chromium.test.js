import { ways } from "./ways.js";

await ways("chromium");
