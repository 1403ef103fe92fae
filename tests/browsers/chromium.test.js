import { suite } from "./suite.js";

await suite("chromium", { strict: "whole", strictIn: ["jspi"], trap: "guests" });
