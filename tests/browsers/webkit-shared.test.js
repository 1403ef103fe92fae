import { suite } from "./suite.js";

await suite("webkit+shared", { waits: ["shared"], strict: "guests" });
