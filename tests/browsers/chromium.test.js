import { suite } from "./suite.js";

await suite("chromium", { strict: "whole", strictIn: ["jspi", "xhr"], trap: "guests" });
