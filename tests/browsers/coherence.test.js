// What others change, in each way to wait; and that the page's own answers are the server's.
import { describe, after } from "../testing.js";
import { accessTimes, asInStrict, coherence } from "./coherence.js";
import { House } from "./house.js";
import { ownMounts } from "../gateway/mounts.js";

const house = await House.open("chromium", ownMounts);
after(() => house.close());
for (const wait of ["jspi", "shared", "xhr"])
	describe(`chromium, ${wait}, default`, () => {
		coherence(() => house, { wait, coherence: "default" });
		asInStrict(() => house, { wait }, wait === "jspi" ? 4 : 1);
		accessTimes(() => house, { wait, coherence: "default" }, false);
	});
describe("chromium, jspi, strict", () => accessTimes(() => house, { wait: "jspi", coherence: "strict" }, true));
