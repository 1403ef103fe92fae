import { suite } from "./suite.js";

await suite("firefox", { strict: "guests", strictIn: ["jspi"] });
