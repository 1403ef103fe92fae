import { watching } from "./watching.js";

watching("chromium", "firefox", { pageToo: true });
