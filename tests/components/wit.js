// All of WASI's WIT, as jco's package has it, in one text behind a package of ours.
import fs from "node:fs";
import path from "node:path";

/** jco: a folder with jco's packages (rules.mk); text: a package's WIT; version: of WASI. */
export function witWith(jco, text, version = "0.2.12") {
	const wit = path.resolve(jco, "node_modules/@bytecodealliance/jco/lib/wit/builtin", version);
	const all = fs.readdirSync(wit).map((name) => fs.readFileSync(path.join(wit, name, "package.wit"), "utf8").replace(/^package ([^;]+);/m, "package $1 {"));
	return `${text}\n${all.join("\n}\n")}\n}\n`;
}
