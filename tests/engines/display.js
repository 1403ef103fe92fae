// A screen in memory for engines that have no headless mode.
import { within } from "./deadline.js";
import { startChild } from "./child.js";

/** @returns {Promise<{ name: string, close(): Promise<void> }>} name as in DISPLAY */
export async function startDisplay() {
	const xvfb = startChild("Xvfb", ["-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
		{ stdio: ["ignore", "ignore", "ignore", "pipe"] });
	const number = new Promise((resolve, reject) => {
		let text = "";
		xvfb.once("error", (error) => reject(new Error(`cannot start Xvfb: ${error.message} (apt-get install xvfb)`)));
		xvfb.once("exit", (code) => reject(new Error(`Xvfb ended with ${code} before it had a display`)));
		xvfb.stdio[3].on("data", (bytes) => {
			text += bytes;
			if (text.includes("\n"))
				resolve(text.trim());
		});
	});
	try {
		return { name: `:${await within(number, 10_000, "Xvfb")}`, close: xvfb.stop };
	} catch (error) {
		await xvfb.stop();
		throw error;
	}
}
