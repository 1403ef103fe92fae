// What others change, in WebKitGTK.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { Fixture } from "./fixture.js";
import { ownMounts } from "../gateway/mounts.js";

const fixture = await Fixture.open("webkit", ownMounts);
after(() => fixture.close());
describe("webkit, xhr, default", () => coherence(() => fixture, { wait: "xhr", coherence: "default" }));
