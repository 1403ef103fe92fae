import { after } from "node:test";

import { controlling } from "./controlling.js";
import { Pair } from "./pair.js";
import { watching } from "./watching.js";

const pair = await Pair.start("webkit", "chromium");
after(() => pair.stop());
watching(pair, { page: "seen" });
controlling(pair);
