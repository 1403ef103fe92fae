// What others change, in Firefox.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { House } from "./house.js";
import { ownMounts } from "../gateway/mounts.js";

const house = await House.open("firefox", ownMounts);
after(() => house.close());
for (const wait of ["jspi", "shared"])
	describe(`firefox, ${wait}, default`, () => coherence(() => house, { wait, coherence: "default" }));
