// A malicious page, in firefox.
import { malicious } from "./malicious.js";

await malicious("firefox");
