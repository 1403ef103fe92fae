import { suite } from "./suite.js";

suite("chromium", { coherences: ["strict", "trap"] });
