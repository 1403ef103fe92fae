import { after } from "node:test";

import { controlling } from "./controlling.js";
import { Pair } from "./pair.js";
import { watching } from "./watching.js";

const pair = await Pair.start("chromium", "firefox");
after(() => pair.stop());
watching(pair, { page: "whole" });
controlling(pair);
