import { watching } from "./watching.js";

watching("webkit", "chromium");
