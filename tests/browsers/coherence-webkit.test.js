// What others change, in WebKitGTK.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { House } from "./house.js";
import { ownMounts } from "../gateway/mounts.js";

const house = await House.open("webkit", ownMounts);
after(() => house.close());
describe("webkit, xhr, default", () => coherence(() => house, { wait: "xhr", coherence: "default" }));
