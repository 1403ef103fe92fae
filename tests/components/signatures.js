// The core signatures of all functions of WASI by the WIT that jco's package has, as wasm-tools makes them for a program that imports everything.
import path from "node:path";
import { pathToFileURL } from "node:url";

import { witWith } from "./wit.js";

const LETTERS = { 0x7f: "i", 0x7e: "I", 0x7d: "f", 0x7c: "F" };
const TYPE = 1, IMPORT = 2, HEAD = 8;

/** What the module's bytes import: { [interface]: { [function]: signature } }, as interfaces.js has it. */
function importsOf(bytes) {
	let at = HEAD;
	const types = [], imports = {};
	const number = () => {
		let value = 0;
		for (let shift = 0; ; shift += 7) {
			value |= (bytes[at] & 0x7f) << shift;
			if (bytes[at++] < 0x80)
				return value;
		}
	};
	const list = (read) => Array.from({ length: number() }, read);
	const text = () => {
		const length = number();
		at += length;
		return Buffer.from(bytes.subarray(at - length, at)).toString();
	};
	const letters = () => list(() => LETTERS[bytes[at++]]).join("");
	while (at < bytes.length) {
		const section = bytes[at++], end = number() + at;
		if (section === TYPE)
			list(() => {
				at++;
				const params = letters(), results = letters();
				types.push(results ? `${params}>${results}` : params);
			});
		if (section === IMPORT)
			list(() => {
				const from = text().split("|")[1].split("@")[0], name = text();
				at++;
				(imports[from] ??= {})[name] = types[number()];
			});
		at = end;
	}
	return imports;
}

/** jco: a folder with jco's packages (rules.mk); version: WASI's; includes: worlds of it. Async funcs as they are lowered without `async`. Of resources' drops,
 * nothing. */
export async function signaturesOf(jco, version = "0.2.12", includes = ["wasi:http/imports", "wasi:cli/imports"]) {
	const packages = path.resolve(jco, "node_modules/@bytecodealliance");
	const { $init, tools } = await import(pathToFileURL(path.join(packages, "jco-transpile/vendor/wasm-tools.js")));
	await $init;
	const world = `package test:all;\nworld all { ${includes.map((name) => `include ${name}@${version};`).join(" ")} }\n`;
	const found = importsOf(tools.componentEmbed({ dummy: true, witSource: witWith(jco, world, version), world: "all" }));
	return Object.fromEntries(Object.entries(found).map(([from, functions]) =>
		[from, Object.fromEntries(Object.entries(functions).filter(([name]) => !name.endsWith("_drop")))]));
}
