// The app's folder while somebody swaps files, folders and links in it: what lies outside is never served, at no moment.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";

import { test } from "../testing.js";
import { openDoors } from "./doors-fixture.js";
import { Raw, get } from "./raw.js";

function fill(root, base) {
	const put = (name, text) => {
		fs.mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
		fs.writeFileSync(path.join(base, name), text);
	};
	put("outside/name.txt", "OUTSIDE");
	put("outside/index.html", "OUTSIDE");
	for (const name of ["inside/name.txt", "inside/index.html", "folder/name.txt", "folder/index.html", "file.txt", "way/there/name.txt"])
		put(`root/${name}`, "inside");
	fs.symlinkSync("inside/name.txt", path.join(root, "link.txt"));
	fs.symlinkSync("inside", path.join(root, "linked"));
}

const PATHS = ["/link.txt", "/linked/name.txt", "/linked/", "/folder/name.txt", "/folder/", "/folder", "/file.txt", "/way/there/name.txt"];
const CLIENTS = 4, REQUESTS = 2000, ROUNDS = 200;

// Without the sandbox, which would hide that we let something pass.
for (const resolver of ["openat2", "walk"])
	test(`whatever is swapped, nothing from outside the folder is served (${resolver})`, async (t) => {
		const doors = await openDoors(fill, ["--resolver", resolver, "--sandbox", "off"]);
		const stop = new Int32Array(new SharedArrayBuffer(8));
		const swapper = new Worker(new URL("./swapper.js", import.meta.url), { workerData: { root: doors.root, stop } });
		const swapped = new Promise((resolve, reject) => swapper.once("exit", resolve).once("error", reject));
		t.after(() => doors.close());
		const counts = new Map();
		let asked = 0;
		await Promise.all(Array.from({ length: CLIENTS }, async () => {
			const raw = await Raw.open(doors.port);
			while (asked < REQUESTS || Atomics.load(stop, 1) < ROUNDS) {
				const where = PATHS[asked++ % PATHS.length];
				const { status, body } = await raw.send(get(doors.origin, where)).answer();
				assert.ok(!body.includes("OUTSIDE"), `${where}: ${status}`);
				assert.ok([200, 301, 404].includes(status), `${where}: ${status} ${body}`);
				counts.set(`${where} ${status}`, (counts.get(`${where} ${status}`) ?? 0) + 1);
			}
			raw.close();
		})).finally(() => Atomics.store(stop, 0, 1));
		await swapped;
		const served = (where) => counts.get(`${where} 200`) ?? 0, refused = (where) => counts.get(`${where} 404`) ?? 0;
		for (const where of ["/folder/name.txt", "/file.txt", "/way/there/name.txt", ...(resolver === "openat2" ? ["/link.txt", "/linked/name.txt"] : [])])
			assert.ok(served(where) && refused(where), `both were met: ${JSON.stringify([...counts])}`);
	});
