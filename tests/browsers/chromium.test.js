import { suite } from "./suite.js";

await suite("chromium", { coherences: ["strict", "trap"] });
