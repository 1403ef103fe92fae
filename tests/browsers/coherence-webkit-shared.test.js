// What others change, in WebKitGTK with shared memory.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { Fixture } from "./fixture.js";
import { ownMounts } from "../gateway/mounts.js";

const fixture = await Fixture.open("webkit+shared", ownMounts);
after(() => fixture.close());
describe("webkit+shared, shared, default", () => coherence(() => fixture, { wait: "shared", coherence: "default" }));
