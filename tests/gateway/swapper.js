// Swaps what a folder's names lead to, as fast as it can, until it is told to stop (a worker of doors-swaps.test.js): inside, outside,
// nowhere, inside, …
import fs from "node:fs";
import path from "node:path";
import { workerData } from "node:worker_threads";

const { root, stop } = workerData; // stop: a shared Int32Array
const at = (name) => path.join(root, name);

function link(name, to) {
	fs.symlinkSync(to, at(".new"));
	fs.renameSync(at(".new"), at(name));
}

for (; !Atomics.load(stop, 0); Atomics.add(stop, 1, 1)) {
	// A link that leads inside, then outside.
	link("link.txt", "inside/name.txt");
	link("linked", "inside");
	link("link.txt", "../outside/name.txt");
	link("linked", "../outside");
	// A folder, then a link to another in its place; the same with a file, and with a folder on the way.
	fs.renameSync(at("folder"), at(".folder"));
	fs.symlinkSync("../outside", at("folder"));
	fs.unlinkSync(at("folder"));
	fs.renameSync(at(".folder"), at("folder"));
	fs.renameSync(at("file.txt"), at(".file"));
	fs.symlinkSync(path.resolve(root, "../outside/name.txt"), at("file.txt"));
	fs.unlinkSync(at("file.txt"));
	fs.renameSync(at(".file"), at("file.txt"));
	fs.renameSync(at("way/there"), at("way/.there"));
	fs.symlinkSync("../../outside", at("way/there"));
	fs.unlinkSync(at("way/there"));
	fs.renameSync(at("way/.there"), at("way/there"));
}
