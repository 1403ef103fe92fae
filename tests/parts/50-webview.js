import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { nodeTests } from "../node-tests.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const binary = path.join(path.dirname(process.env.WVWASI_GW ?? path.join(top, "build/wvwasi-gw")), "wvwasi-webview");

/** The app's own window, where it could be built; WVWASI_TEST=all adds every coherence to its suite. */
export const steps = () => (fs.existsSync(binary) ? nodeTests("webview", { minutes: process.env.WVWASI_TEST === "all" ? 20 : 5, first: ["suite"] })
	: [{ name: "webview", command: "echo", args: ["wvwasi-webview wasn't built (libwebkit2gtk-4.1-dev): 1 test skipped\n0 passed, 0 failed, 1 skipped"] }]);
export const batch = "in browsers", atOnce = 2;
