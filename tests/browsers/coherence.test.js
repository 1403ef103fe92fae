// What others change, in each way to wait; and that the page's own answers are the server's.
import { describe, after } from "../testing.js";
import { coherence } from "./coherence.js";
import { House } from "./house.js";

const house = await House.open("chromium");
after(() => house.close());
for (const wait of ["jspi", "shared", "xhr"])
	describe(`chromium, ${wait}, default`, () => coherence(() => house, { wait, coherence: "default" }));
