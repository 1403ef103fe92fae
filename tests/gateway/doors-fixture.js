// What the tests of the doors share: a folder, a gateway, and asking it raw.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { Session } from "./client.js";
import { startGateway } from "./gateway.js";
import { ask, get, post } from "./raw.js";

/** @param {(root: string, base: string) => void} fill the served folder; @param {string[]} args */
export async function openDoors(fill = () => {}, args = [], options = {}) {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-doors-"));
	const root = options.root ?? path.join(base, "root");
	fs.mkdirSync(root, { recursive: true });
	fill(root, base);
	const gateway = await startGateway(["--root", root, ...args], options);
	const { url: origin, port } = gateway.ready;
	return {
		base, root, gateway, origin, port,
		get: (where, headers, method) => ask(port, get(origin, where, headers, method), { noBody: method === "HEAD" }),
		post: (where, body, headers) => ask(port, post(origin, where, typeof body === "string" ? body : JSON.stringify(body), headers)),
		ask: (bytes) => ask(port, bytes),
		enter: () => Session.enter(gateway),
		/** It is well: it still serves. */
		async isWell() {
			return (await ask(port, get(origin, "/_wvwasi/wvwasi.js"))).status === 200;
		},
		async close() {
			await gateway.stop();
			fs.rmSync(base, { recursive: true, force: true });
		},
	};
}

export const tokenOf = (link) => /[#&]k=([^&]+)/.exec(link)[1];
