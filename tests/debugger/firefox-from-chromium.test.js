import { after } from "node:test";

import { controlling } from "./controlling.js";
import { Pair } from "./pair.js";
import { watching } from "./watching.js";

const pair = await Pair.start("firefox", "chromium");
after(() => pair.stop());
watching(pair);
controlling(pair);
