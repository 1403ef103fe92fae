// Steps for tests/run-all.js: each *.test.js of a folder runs in a process of its own, with our reporter.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

/**
 * @param {string} folder below tests/
 * @param {{ env?: object, minutes?: number, only?: (file: string) => boolean, waits?: string[], first?: string[] }} options waits: names of those that mostly
 *        wait; first: of those that begin before the others, since they take long
 */
export function nodeTests(folder, { env, minutes, only = () => true, waits = [], first = [] } = {}) {
	const all = fs.readdirSync(path.join(here, folder)).filter((file) => file.endsWith(".test.js") && only(file)).sort();
	const firstFiles = first.map((name) => `${name}.test.js`), none = [...waits, ...first].filter((name) => !all.includes(`${name}.test.js`));
	if (none.length)
		throw new Error(`no such test in ${folder}: ${none.join(", ")}`);
	return [...firstFiles, ...all.filter((file) => !firstFiles.includes(file))].map((file) => ({
		name: `${folder}/${file.replace(/\.test\.js$/, "")}`,
		command: process.execPath,
		args: ["--no-warnings", `--test-reporter=${path.join(here, "reporter.js")}`, "--test-reporter-destination=stdout",
			path.join(here, folder, file)],
		env,
		minutes,
		again: true,
		waits: waits.includes(file.replace(/\.test\.js$/, "")),
	}));
}
