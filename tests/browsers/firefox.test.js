import { suite } from "./suite.js";

await suite("firefox");
