// A workload's files for a page without us, as page/memory.js reads them.
import fs from "node:fs";
import path from "node:path";

import { place } from "./workloads.js";

const FOLDER = 3, FILE = 4;

/**
 * Writes all files of the folders that it is granted, one behind the other, into a file. Gives the index: [[path, type, offset, size, mtim in ms]].
 * @param {import("./workloads.js").Workload} workload
 * @param {string} to the file
 * @param {RegExp} [without] names that are left out, with all that is in them
 */
export function pack({ dirs }, to, without = /^$/) {
	const index = [], parts = [];
	let offset = 0;
	const add = (host, guest) => {
		const stat = fs.statSync(host), isFolder = stat.isDirectory();
		const bytes = isFolder ? Buffer.alloc(0) : fs.readFileSync(host);
		index.push([guest, isFolder ? FOLDER : FILE, offset, bytes.length, stat.mtimeMs]);
		parts.push(bytes);
		offset += bytes.length;
		for (const each of isFolder ? fs.readdirSync(host).filter((name) => !without.test(name)) : [])
			add(path.join(host, each), `${guest}/${each}`);
	};
	for (const dir of dirs) {
		const [host, guest] = dir.split("::");
		add(path.join(place, host), guest);
	}
	fs.writeFileSync(to, Buffer.concat(parts));
	return index;
}
