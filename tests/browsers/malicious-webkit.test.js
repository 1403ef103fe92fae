// A malicious page, in webkit.
import { malicious } from "./malicious.js";

await malicious("webkit");
