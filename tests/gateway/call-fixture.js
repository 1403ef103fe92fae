// A gateway with one scratch folder and a session in it, for the tests of calls.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { Session } from "./client.js";
import { startGateway, stopTraced } from "./gateway.js";

/** @param {string[]} args beside the root and `--dir FOLDER::/` @param {object} [options] of startGateway */
export async function openFixture(args = [], options = undefined) {
	const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-calls-"));
	const folder = path.join(base, "data");
	for (const name of ["root", "data"])
		fs.mkdirSync(path.join(base, name));
	const gateway = await startGateway(["--root", path.join(base, "root"), "--no-root-dir", "--dir", `${folder}::/`, ...args], options);
	return {
		base, folder, gateway,
		session: await Session.enter(gateway),
		/** A path outside, of a name inside. */
		at: (name) => path.join(folder, name),
		async close() {
			await (options?.through ? stopTraced(gateway) : gateway.stop());
			fs.rmSync(base, { recursive: true, force: true });
		},
	};
}

/** A guest that is given `/` alone. */
export const ROOT_ONLY = { flags: 1 | 16 | 32, preopens: [{ name: "/", grant: "/", readOnly: false }] };
