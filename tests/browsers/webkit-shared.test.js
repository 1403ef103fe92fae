import { suite } from "./suite.js";

suite("webkit+shared", { waits: ["shared"] });
