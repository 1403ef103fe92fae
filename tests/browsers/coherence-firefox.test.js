// What others change, in Firefox.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { Fixture } from "./fixture.js";
import { ownMounts } from "../gateway/mounts.js";

const fixture = await Fixture.open("firefox", ownMounts);
after(() => fixture.close());
for (const wait of ["jspi", "shared"])
	describe(`firefox, ${wait}, default`, () => coherence(() => fixture, { wait, coherence: "default" }));
