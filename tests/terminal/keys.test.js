// Which key was pressed: by its character, or by its place where the layout has no Latin letters.
import assert from "node:assert/strict";
import test from "node:test";

import { letterOf } from "../../static/letter.js";

const presses = [
	{ layout: "US", key: "c", code: "KeyC", letter: "c" },
	{ layout: "US, shifted", key: "C", code: "KeyC", letter: "c" },
	{ layout: "Russian", key: "с", code: "KeyC", letter: "c" },
	{ layout: "Russian, shifted", key: "М", code: "KeyV", letter: "v" },
	{ layout: "Greek", key: "ψ", code: "KeyC", letter: "c" },
	{ layout: "Hebrew", key: "ב", code: "KeyC", letter: "c" },
	{ layout: "Dvorak", key: "j", code: "KeyC", letter: "j" },
	{ layout: "French", key: "a", code: "KeyQ", letter: "a" },
	{ layout: "Turkish", key: "ı", code: "KeyI", letter: "ı" },
	{ layout: "any", key: "Enter", code: "Enter", letter: "enter" },
	{ layout: "Russian, a key without a Latin letter", key: "х", code: "BracketLeft", letter: "х" },
];

for (const { layout, key, code, letter } of presses)
	test(`${layout}: ${key} on ${code} is ${letter}`, () => assert.equal(letterOf({ key, code }), letter));
