// Our own window, wvwasi-webview, as an engine. One window shows one gateway, so there is one for each port whose pages are opened; it pairs
// as any second window would, through the gateway's control socket, and keeps nothing.
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startDriven } from "./webkit.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
/** The binary under test: beside the gateway's. */
export const binary = path.join(path.dirname(process.env.WVWASI_GW ?? path.join(top, "build/wvwasi-gw")), "wvwasi-webview");
/** Where gateways of this user say that they run: the driver gives the window another home. */
const stateHome = process.env.XDG_STATE_HOME ?? path.join(os.homedir(), ".local/state");

/** @returns {Promise<import("./index.js").Engine>} */
export async function start() {
	const windows = new Map(); // port -> a promise of its engine
	const engine = {
		name: "webview",
		version: "not started",
		died: new Promise(() => {}),
		async open(url) {
			const { port } = new URL(url);
			if (!windows.has(port))
				windows.set(port,
					startDriven({ name: "webview", binary, args: ["--port", port, "--automation", "--ephemeral"], env: { XDG_STATE_HOME: stateHome } }));
			const window = await windows.get(port);
			engine.version = window.version;
			return window.open(url);
		},
		async close() {
			for (const window of windows.values())
				await (await window.catch(() => null))?.close();
		},
	};
	return engine;
}
