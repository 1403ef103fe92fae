// A malicious page, in chromium.
import { malicious } from "./malicious.js";

await malicious("chromium");
