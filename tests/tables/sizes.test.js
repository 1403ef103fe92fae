/* Lines, functions and files that outgrew what CONTRIBUTING.md allows. Reads files alone, as tables.test.js. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const PRODUCT = ["wasi", "server", "certs", "webview", "static", "guest", "tables"], OTHERS = ["tests", "bench", "examples", "docs", "packaging"];
const COLUMNS = { c: 130, h: 130, js: 160 }, LINES = 400, FUNCTION_LINES = 60;

const sourcesOf = (folder) => readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
	entry.isDirectory() ? (entry.name === "node_modules" ? [] : sourcesOf(`${folder}/${entry.name}`)) : /\.(c|h|js)$/.test(entry.name)
		? [{ name: `${folder}/${entry.name}`, lines: readFileSync(join(root, folder, entry.name), "utf8").split("\n") }] : []);
const product = PRODUCT.flatMap(sourcesOf), all = [...product, ...OTHERS.flatMap(sourcesOf)];

/* In columns, at a tab of four. */
function width(line) {
	let columns = 0;
	for (const letter of line)
		columns += letter === "\t" ? 4 - columns % 4 : 1;
	return columns;
}
/* A row of a table is one line, and a text isn't cut in two. */
const isRow = (line) => /^\s*(?:[{["'`]|[\w"]+: |[A-Z_]+\().*[,[\]}"]$/.test(line);
const withoutTexts = (line) => line.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|(?<=\()\/(?:\\.|[^/\\])+\//g, '""');

test("a line fits its columns, but for rows of tables and texts", () => {
	assert.deepEqual(all.flatMap(({ name, lines }) => lines.flatMap((line, i) => {
		const most = COLUMNS[name.split(".").at(-1)];
		return line.length * 4 > most && width(line) > most && !isRow(line) && width(withoutTexts(line)) > most ? [`${name}:${i + 1}`] : [];
	})), []);
});

/* A factory of imports may be longer, each import not. */
const FACTORY = /\bfunction (?:\w+(?:Functions|Imports)|builtins)\(/;
const BEGINS = /^(\t*)(?:export |static )*(?:async )?(?:function\*? ?\w*|(?:get |set |\*)?#?\w+)\(.*\) \{$/;

test(`no file of the product has more than ${LINES} lines, and no function more than ${FUNCTION_LINES}`, () => {
	assert.deepEqual(product.filter(({ lines }) => lines.length - 1 > LINES).map(({ name, lines }) => `${name}: ${lines.length - 1} lines`), []);
	assert.deepEqual(product.filter(({ name }) => /\.[ch]$/.test(name)).flatMap(({ name, lines }) => {
		let start = -1;
		return lines.flatMap((line, i) => {
			if (line === "{")
				start = i;
			return line === "}" && start >= 0 && i - start - 1 > FUNCTION_LINES ? [`${name}:${start}: ${i - start - 1} lines`] : [];
		});
	}), []);
	assert.deepEqual(product.filter(({ name }) => name.endsWith(".js")).flatMap(({ name, lines }) => lines.flatMap((line, i) => {
		const [, indent] = BEGINS.exec(line) ?? [];
		if (indent === undefined || /^\t*(?:if|for|while|switch|catch)\b/.test(line) || FACTORY.test(line))
			return [];
		const end = lines.findIndex((other, at) => at > i && other.startsWith(`${indent}}`));
		return end - i - 1 > FUNCTION_LINES ? [`${name}:${i + 1}: ${end - i - 1} lines`] : [];
	})), []);
});
