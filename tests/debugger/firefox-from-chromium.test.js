import { watching } from "./watching.js";

watching("firefox", "chromium");
