// static/enter/link.js: what a link says, and where it may not lead.
import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsOf } from "../../static/enter/words.js";

import { isHere, readHash, readPasted } from "../../static/enter/link.js";

const TOKEN = "Vj7rwitVE4L2ACMtEBnnCg";

test("a link leads to a path on this gateway and nowhere else", () => {
	for (const to of ["/", "/a", "/a/b?c=d#e", "/_wvwasi/terminal", "/ä", "/a//b", "/a\\b"])
		assert.equal(isHere(to), true, to);
	for (const to of ["", "a", "//evil.example", "/\\evil.example", "\\\\evil.example", "http://evil.example", "javascript:alert(1)", " /a", "/\t/evil.example",
		"/\n/evil.example", "/a\u0000", null, undefined, 3])
		assert.equal(isHere(to), false, String(to));
});

test("where a browser would go agrees", () => {
	for (const to of ["/", "/a//b", "/a\\b", "/_wvwasi/terminal"])
		assert.equal(new URL(to, "http://localhost:4242/_wvwasi/enter").origin, "http://localhost:4242", to);
});

test("a link's hash gives its token and its path", () => {
	assert.deepEqual(readHash(`#k=${TOKEN}&to=/app/`), { token: TOKEN, to: "/app/" });
	assert.deepEqual(readHash(`#k=${TOKEN}&to=${encodeURIComponent("/a?b=c&d#e")}`), { token: TOKEN, to: "/a?b=c&d#e" });
	assert.deepEqual(readHash(`#k=${TOKEN}`), { token: TOKEN, to: "/" });
	assert.deepEqual(readHash("#to=/app/"), { token: null, to: "/app/" });
	assert.deepEqual(readHash("#to=//evil.example"), { token: null, to: "/" });
	assert.deepEqual(readHash("#k=short"), { token: null, to: "/" });
	assert.deepEqual(readHash(""), { token: null, to: "/" });
});

test("a pasted link is understood, with what people paste around it", () => {
	for (const text of [TOKEN, ` ${TOKEN}\n`, `http://localhost:4242/_wvwasi/enter#k=${TOKEN}&to=/`, `Open http://localhost:4242/_wvwasi/enter#k=${TOKEN}`,
		`http://localhost:4242/_wvwasi/enter#to=/&k=${TOKEN}`])
		assert.equal(readPasted(text), TOKEN, text);
	for (const text of ["", "http://localhost:4242/", TOKEN.slice(1), `${TOKEN}A`, `#k=${TOKEN}A`, `k=${TOKEN}`])
		assert.equal(readPasted(text), null, text);
});

test("words say 32 bits in letters that can be spoken", () => {
	assert.equal(wordsOf(Uint8Array.of(0, 0, 0xff, 0xff)), "babab-zuzuz");
	assert.equal(wordsOf(Uint8Array.of(127, 0, 0, 1)), "lusab-babad");
	const seen = new Set();
	for (let i = 0; i < 0x10000; i++)
		seen.add(wordsOf(Uint8Array.of(i >> 8, i & 255, 0, 0)));
	assert.equal(seen.size, 0x10000);
	for (const words of seen)
		assert.match(words, /^[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]-babab$/);
});
