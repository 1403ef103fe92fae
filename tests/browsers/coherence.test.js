// What others change, in each way to wait; and that the page's own answers are the server's.
import { describe, after } from "../testing.js";
import { accessTimes, asInStrict, coherence } from "./coherence.js";
import { Fixture } from "./fixture.js";
import { ownMounts } from "../gateway/mounts.js";

const fixture = await Fixture.open("chromium", ownMounts);
after(() => fixture.close());
for (const wait of ["jspi", "shared", "xhr"])
	describe(`chromium, ${wait}, default`, () => {
		coherence(() => fixture, { wait, coherence: "default" });
		asInStrict(() => fixture, { wait }, wait === "jspi" ? 4 : 1);
		accessTimes(() => fixture, { wait, coherence: "default" }, false);
	});
describe("chromium, jspi, strict", () => accessTimes(() => fixture, { wait: "jspi", coherence: "strict" }, true));
