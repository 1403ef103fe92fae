import { suite } from "./suite.js";

await suite("chromium", { strict: "whole", trap: "guests" });
