// What others change, in WebKitGTK with shared memory.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { House } from "./house.js";
import { ownMounts } from "../gateway/mounts.js";

const house = await House.open("webkit+shared", ownMounts);
after(() => house.close());
describe("webkit+shared, shared, default", () => coherence(() => house, { wait: "shared", coherence: "default" }));
