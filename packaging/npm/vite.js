/* A plugin for Vite: `vite` (the dev server) starts a gateway in front of itself, so that the page at the gateway's link has hot reload and the granted
 * folders. For `vite build` it does nothing but keep the shim's workers whole. */
import { spawn } from "node:child_process";

/** A dev server that restarts, for a changed configuration, keeps its gateway: the page stays admitted. */
const RESTART_MS = 3000;
const running = new Map(); // the gateway's command line -> { child, timer }

process.on("exit", () => running.forEach(({ child }) => child.kill()));

/** Where the dev server listens, as --root takes it. */
function rootOf({ address, family, port }) {
	const six = family === "IPv6" || family === 6;

	return `http://${six ? (address === "::" ? "localhost" : `[${address}]`) : address === "0.0.0.0" ? "127.0.0.1" : address}:${port}`;
}

function start(command, args, logger) {
	const key = JSON.stringify([command, ...args]);
	const known = running.get(key);

	if (known) {
		clearTimeout(known.timer);
		return key;
	}
	const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
	running.set(key, { child });
	child.on("error", ({ message }) => logger.error(`wvwasi-gw: ${message}. Is '${command}' installed?`));
	child.on("exit", (code) => {
		if (code)
			logger.error(`wvwasi-gw ended with ${code}`);
		running.delete(key);
	});
	return key;
}

function stopSoon(key) {
	const gateway = running.get(key);

	if (gateway)
		gateway.timer = setTimeout(() => gateway.child.kill(), RESTART_MS);
}

/** @param {import("./vite.js").Options} [options] @returns {import("vite").Plugin} */
export default function wvwasi({ dirs = [], flags = [], command = process.env.WVWASI_GW || "wvwasi-gw" } = {}) {
	return {
		name: "wvwasi-gw",
		// Vite would put the shim's modules together in a folder of its own, away from their workers.
		config: () => ({ optimizeDeps: { exclude: ["wvwasi-gw"] }, worker: { format: "es" } }),
		configureServer(server) {
			let key;

			server.httpServer?.once("listening", () => {
				const args = ["--root", rootOf(server.httpServer.address()), ...dirs.flatMap((dir) => ["--dir", dir]), ...flags];

				key = start(command, args, server.config.logger);
			});
			server.httpServer?.once("close", () => stopSoon(key));
		},
	};
}
