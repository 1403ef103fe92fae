// Line mode: what is typed is on the screen as if it had been written at once, and reaches the program by the line.
import assert from "node:assert/strict";
import test from "node:test";

import { TestScreen } from "./headless.js";

const key = {
	left: "\x1b[D", right: "\x1b[C", up: "\x1b[A", down: "\x1b[B", home: "\x1b[H", end: "\x1b[F", delete: "\x1b[3~", backspace: "\x7f",
	wordLeft: "\x1b[1;5D", wordRight: "\x1b[1;5C", eraseWord: "\b", ctrlA: "\x01", ctrlC: "\x03", ctrlD: "\x04", ctrlE: "\x05",
	enter: "\r", ctrlK: "\x0b", ctrlL: "\x0c", ctrlR: "\x12", ctrlU: "\x15", ctrlW: "\x17", ctrlY: "\x19",
};

const edits = [
	{ promise: "what is typed goes with Enter", keys: ["a", "b", "\r"], fed: "ab\n" },
	{ promise: "an empty line goes too", keys: ["\r"], fed: "\n" },
	{ promise: "text can be put into the middle", keys: ["ac", key.left, "b", "\r"], fed: "abc\n" },
	{ promise: "Home and End reach the ends", keys: ["b", key.home, "a", key.end, "c", "\r"], fed: "abc\n" },
	{ promise: "Ctrl-A and Ctrl-E reach the ends", keys: ["b", key.ctrlA, "a", key.ctrlE, "c", "\r"], fed: "abc\n" },
	{ promise: "Backspace takes the character before, Delete the one behind", keys: ["abcd", key.left, key.left, key.backspace, key.delete, "\r"],
		fed: "ad\n" },
	{ promise: "a character of several code points goes as one", keys: ["e\u0301👨‍👩‍👧", key.backspace, key.backspace, "x", "\r"], fed: "x\n" },
	{ promise: "Ctrl-W takes up to the blank", keys: ["cd /usr/local ", key.ctrlW, "/", "\r"], fed: "cd /\n" },
	{ promise: "Ctrl-Backspace takes a word", keys: ["cd /usr/local", key.eraseWord, "lib", "\r"], fed: "cd /usr/lib\n" },
	{ promise: "words are walked over, whatever their letters", keys: ["größe 世界 x", key.wordLeft, key.wordLeft, key.wordLeft, ">", key.wordRight, "<", "\r"],
		fed: ">größe< 世界 x\n" },
	{ promise: "Ctrl-U takes what is before, Ctrl-Y gives it back", keys: ["world", key.home, "hello ", key.ctrlU, key.end, " ", key.ctrlY, "\r"],
		fed: "world hello \n" },
	{ promise: "Ctrl-K takes what is behind", keys: ["abc", key.home, key.right, key.ctrlK, "\r"], fed: "a\n" },
	{ promise: "a tab is a tab", keys: ["\t", "x", "\r"], fed: "\tx\n" },
	{ promise: "pasted lines go one by one, the rest waits", keys: ["one\r\ntwo\rthree"], fed: "one\ntwo\n" },
	{ promise: "a terminal's answer isn't typed text", keys: ["\x1b[24;80R", "\x1b[?1;2c", "a", "\r"], fed: "a\n" },
	{ promise: "Up brings the last line back, Down what was being typed", keys: ["one\r", "two\r", "thr", key.up, key.up, key.down, key.down, "ee", "\r"],
		fed: "one\ntwo\nthree\n" },
	{ promise: "a line from before can be changed", keys: ["print(1)\r", key.up, key.left, key.backspace, "2\r"], fed: "print(1)\nprint(2)\n" },
	{ promise: "the same line twice is kept once", keys: ["a\r", "b\r", "b\r", key.up, key.up, "\r"], fed: "a\nb\nb\na\n" },
	{ promise: "Ctrl-D behind text sends it without a newline", keys: ["abc", key.ctrlD, "d\r"], fed: "abcd\n" },
	{ promise: "Ctrl-D within text takes the character behind", keys: ["abc", key.home, key.ctrlD, "\r"], fed: "bc\n" },
];

for (const { promise, keys, fed } of edits)
	test(promise, async () => {
		const screen = new TestScreen();
		await screen.write(">>> ");
		for (const data of keys)
			await screen.type(data);
		assert.equal(screen.acts.map(({ feed }) => feed).join(""), fed);
	});

test("Ctrl-D on an empty line is one zero-byte read", async () => {
	const screen = new TestScreen();
	await screen.type(key.ctrlD);
	assert.deepEqual(screen.acts, ["mark"]);
});

test("Ctrl-C gives up the line that was begun, and on an empty line interrupts", async () => {
	const screen = new TestScreen();
	await screen.write("$ ");
	await screen.type("abc");
	await screen.type(key.left);
	await screen.type(key.ctrlC);
	assert.deepEqual(screen.acts.splice(0), ["dropped"]);
	assert.equal(screen.text(), "$");
	assert.equal(screen.editor.text, "");
	await screen.type(key.ctrlY);
	assert.equal(screen.text(), "$ abc", "it can be had again");
	await screen.type(key.ctrlC);
	await screen.type(key.ctrlC);
	assert.deepEqual(screen.acts, ["dropped", "interrupt"]);
	assert.equal(screen.text(), "$");
});

/** A prompt at which these lines were entered. */
async function promptAfter(...lines) {
	const screen = new TestScreen({ columns: 60, rows: 12 });
	for (const line of lines) {
		await screen.type(line);
		await screen.type(key.enter);
	}
	await screen.write("$ ");
	screen.acts.length = 0;
	return screen;
}

const shownLine = (screen) => screen.text().split("\n").at(-1);

test("Ctrl-R finds the newest line that holds what is typed, and with each further Ctrl-R an older one", async () => {
	const screen = await promptAfter("make one", "make two", "ls");
	await screen.type(key.ctrlR);
	await screen.type("ma");
	assert.equal(shownLine(screen), "$ (history 'ma') make two");
	await screen.type(key.ctrlR);
	assert.equal(shownLine(screen), "$ (history 'ma') make one");
	await screen.type(key.ctrlR);
	assert.equal(shownLine(screen), "$ (history 'ma': nothing) make one");
	await screen.type(key.enter);
	assert.deepEqual(screen.acts, [{ feed: "make one\n" }]);
	assert.equal(shownLine(screen), "$ make one");
});

test("what Ctrl-R found can be edited; Escape and Ctrl-C bring back the line that was begun", async () => {
	const screen = await promptAfter("make one");
	await screen.type("begun");
	for (const end of ["\x1b", key.ctrlC]) {
		await screen.type(key.ctrlR);
		await screen.type("on");
		await screen.type(end);
		assert.equal(shownLine(screen), "$ begun");
		assert.deepEqual(screen.acts, []);
	}
	await screen.type(key.ctrlR);
	await screen.type("onx");
	await screen.type(key.backspace);
	assert.equal(shownLine(screen), "$ (history 'on') make one");
	await screen.type(key.end);
	await screen.type("!");
	await screen.type(key.enter);
	assert.deepEqual(screen.acts, [{ feed: "make one!\n" }]);
});

test("output that comes while Ctrl-R searches leaves both whole", async () => {
	const screen = await promptAfter("make one");
	await screen.type(key.ctrlR);
	await screen.type("make");
	await screen.output("done\n$ ");
	assert.equal(screen.text().split("\n").slice(-2).join("|"), "$ done|$ (history 'make') make one");
});

test("undo takes back a word, a removal, a discarded line, in turn", async () => {
	const screen = await promptAfter();
	await screen.type("one");
	await screen.type(" ");
	for (const letter of "two")
		await screen.type(letter);
	await screen.type(key.ctrlU);
	assert.equal(shownLine(screen), "$");
	const seen = [];
	for (let i = 0; i < 4; i++) {
		await screen.type(i % 2 ? "\x1a" : "\x1f");
		seen.push(screen.editor.text);
	}
	assert.deepEqual(seen, ["one two", "one ", "one", ""]);
	await screen.type("\x1f");
	assert.equal(screen.editor.text, "", "there is nothing more to take back");
	await screen.type("abc");
	await screen.type(key.ctrlC);
	await screen.type("\x1f");
	assert.equal(screen.editor.text, "abc");
});

test("Tab asks how a path goes on; elsewhere it is a tab", async () => {
	for (const [typed, complete] of [["open('/work/da", "/work/da"], ["cat one ./b", "./b"], ["open(\"da", "da"], ["x=/tmp/", "/tmp/"]]) {
		const screen = await promptAfter();
		await screen.type(typed);
		await screen.type("\t");
		assert.deepEqual(screen.acts, [{ complete }], typed);
		assert.equal(screen.editor.text, typed);
		await screen.write(screen.editor.complete(complete, "ta.txt", screen.place()));
		assert.equal(screen.editor.text, `${typed}ta.txt`);
	}
	for (const typed of ["", "if x:", "pri", "f('", "7 "]) {
		const screen = await promptAfter();
		await screen.type(typed);
		await screen.type("\t");
		assert.equal(screen.editor.text, `${typed}\t`, typed);
		assert.deepEqual(screen.acts, []);
	}
});

test("a line that changed while a path was looked up stays as it is", async () => {
	const screen = await promptAfter();
	await screen.type("cat /wo");
	await screen.type("\t");
	await screen.type("x");
	assert.equal(screen.editor.complete("/wo", "rk/", screen.place()), "");
	assert.equal(screen.editor.text, "cat /wox");
});

const pastes = [
	{ promise: "a paste that begins with an escape sequence arrives whole", text: "\x1b[31mred\x1b[0m\n", fed: "\x1b[31mred\x1b[0m\n" },
	{ promise: "a paste that is an escape sequence is text", text: "\x1b[A\n", fed: "\x1b[A\n" },
	{ promise: "a paste with what a terminal puts around it is what is between", text: "\x1b[200~one\rtwo\r\x1b[201~", fed: "one\ntwo\n" },
	{ promise: "control characters arrive", text: "a\x00\x03b\x9b\x7f\n", fed: "a\x00\x03b\x9b\x7f\n" },
	{ promise: "a tab at its beginning arrives", text: "\tx\n", fed: "\tx\n" },
];

for (const { promise, text, fed } of pastes)
	test(promise, async () => {
		const screen = new TestScreen();
		await screen.paste(text);
		assert.equal(screen.acts.map(({ feed }) => feed).join(""), fed);
	});

test("text that an input method commits arrives, whatever it begins with", async () => {
	const screen = new TestScreen();
	await screen.type("\x1b[31mred\r");
	await screen.type("\x1b[200~one\x1b[201~");
	await screen.type("\r");
	assert.deepEqual(screen.acts, [{ feed: "\x1b[31mred\n" }, { feed: "one\n" }]);
});

test("control characters in a line are seen as what they are, and can be erased", async () => {
	const screen = new TestScreen({ columns: 7 });
	await screen.paste("ab\x1b[31mc\x9b");
	assert.equal(screen.text(), "ab^[[31mc\\x9b");
	await screen.type(key.backspace);
	await screen.type(key.home);
	await screen.type(key.delete);
	assert.equal(screen.text(), "b^[[31mc");
});

test("an escape sequence in two writes is whole, also while a line is typed", async () => {
	const screen = new TestScreen({ columns: 40 });
	await screen.output("> ");
	await screen.type("typed");
	for (const part of ["\x1b", "[3", "1mred\x1b]0;a ti", "tle\x07\x1b[", "0m ü".slice(0, 2)])
		await screen.output(part);
	await screen.output(Uint8Array.of(0xc3));
	await screen.output(Uint8Array.of(0xbc));
	assert.equal(screen.text(), "> redütyped");
	assert.equal(screen.terminal.buffer.active.getLine(0).getCell(2).getFgColor(), 1);
	assert.ok(screen.terminal.buffer.active.getLine(0).getCell(5).isFgDefault());
});

test("what is no escape sequence isn't held back for ever", async () => {
	const screen = new TestScreen({ columns: 40, rows: 10 });
	await screen.output(`\x1b]0;${"x".repeat(70_000)}`);
	await screen.output("\x07done");
	assert.equal(screen.text(), "done");
});

/* xterm.js 6003: a dash as E2 80, 94 is lost there. */
for (const text of ["a—b", "“…›”", "é", "𐀀", "🧑‍💻", "日本語"])
	test(`a character is whole in whichever pieces it is written, also while a line is typed: ${text}`, async () => {
		const bytes = new TextEncoder().encode(text), whole = new TestScreen();
		await whole.output(text);
		await whole.type("typed");
		for (let first = 0; first <= bytes.length; first++)
			for (let second = first; second <= bytes.length; second++) {
				const screen = new TestScreen();
				await screen.type("typed");
				for (const piece of [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
					await screen.output(piece);
				assert.equal(screen.text(), whole.text(), `cut at ${first} and ${second}`);
			}
	});

test("bytes that are no character aren't held back for ever", async () => {
	const screen = new TestScreen();
	for (const byte of [0xe2, 0x80, 0x41, 0x80, 0x80, 0x80, 0x80, 0x42, 0xff, 0x43])
		await screen.output(Uint8Array.of(byte));
	assert.match(screen.text(), /A.*B.*C/);
});

const modes = {
	"character set": "\x1b(0", "shifted character set": "\x1b)0\x0e", "a sequence that was begun": "\x1b[3", "a title that was begun": "\x1b]0;ti",
	"a hidden cursor": "\x1b[?25l", "mouse reports": "\x1b[?1003h\x1b[?1006h", "bracketed paste": "\x1b[?2004h", "application keys": "\x1b[?1h\x1b=",
	"focus reports": "\x1b[?1004h", "no wrapping": "\x1b[?7l", "inserting": "\x1b[4h", "margins and origin": "\x1b[2;3r\x1b[?6h", "colours": "\x1b[7;31m",
	"the other screen": "\x1b[?1049h", "half a character": Uint8Array.of(0xc3), "two thirds of one": Uint8Array.of(0xe2, 0x80), "line feeds alone": "\x1b[20l",
};

for (const [what, change] of Object.entries(modes))
	test(`the next run doesn't meet what the last one left: ${what}`, async () => {
		const fresh = new TestScreen({ columns: 12, rows: 5 }), screen = new TestScreen({ columns: 12, rows: 5 });
		await screen.output("before\n");
		await screen.output(change);
		await screen.end();
		await fresh.output("before\n");
		for (const each of [screen, fresh]) {
			await each.output("lqk and more\nthan a row\x1b[2Dx");
			await each.output("\n1\n2\n3\n4");
		}
		assert.equal(screen.text(), fresh.text());
		assert.deepEqual({ ...screen.modes() }, { ...fresh.modes() });
		assert.equal(screen.terminal.buffer.active.type, "normal");
		assert.ok(screen.terminal.buffer.active.getLine(0).getCell(0).isFgDefault());
	});

test("output written while a line is typed comes before it", async () => {
	const screen = new TestScreen();
	await screen.write(">>> ");
	await screen.type("typed");
	await screen.output("\nprinted\n>>> ");
	assert.equal(screen.text(), ">>> \nprinted\n>>> typed");
	await screen.type("!");
	assert.equal(screen.text(), ">>> \nprinted\n>>> typed!");
});

test("a prompt that fills its row is followed by the next row", async () => {
	const screen = new TestScreen({ columns: 5 });
	await screen.write("abcd>");
	await screen.type("12");
	assert.equal(screen.terminal.buffer.active.getLine(1).translateToString(true), "12");
	await screen.type(key.backspace);
	await screen.type(key.backspace);
	await screen.type("3");
	assert.equal(screen.text(), "abcd>3");
});

test("a line longer than the screen doesn't write over itself", async () => {
	const screen = new TestScreen({ columns: 10, rows: 4 });
	await screen.write("> ");
	const long = Array.from({ length: 90 }, (_, i) => String(i % 10)).join("");
	await screen.type(long);
	await screen.type(key.backspace);
	await screen.type("x");
	assert.equal(screen.text(), `> ${long.slice(0, -1)}x`);
});

test("a line is where it was when the terminal becomes wider or narrower", async () => {
	const screen = new TestScreen({ columns: 20, rows: 8 });
	await screen.write("earlier output of the program\n>>> ");
	await screen.type("0123456789abcdefghijklmnopqrst");
	for (const columns of [13, 40, 9, 20]) {
		await screen.resize(columns, 8);
		await screen.type("+");
		await screen.type(key.left);
	}
	assert.equal(screen.text(), "earlier output of the program\n>>> 0123456789abcdefghijklmnopqrst++++");
});

/* What ought to be seen: a terminal on which the same was simply written. */
async function expected({ columns, rows }, before, left, right) {
	const tabbed = new TestScreen({ columns, rows });
	await tabbed.write(`${before}${left}${right}`);
	const text = tabbed.text();
	const cursor = new TestScreen({ columns, rows });
	await cursor.write(before + left);
	const at = cursor.cursor();
	return { text, x: at.x === columns ? 0 : at.x, y: at.x === columns ? at.y + 1 : at.y };
}

test("whatever is edited, the screen shows the line and the cursor in it", async (t) => {
	const alphabet = ["a", "b", " ", "é", "世", "😀", "e\u0301", key.left, key.left, key.right, key.home, key.end, key.backspace, key.delete,
		key.eraseWord, key.wordLeft, "some longer text ", key.ctrlY];
	let seed = 7;
	const random = (below) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
	for (const size of [{ columns: 7, rows: 30 }, { columns: 20, rows: 30 }, { columns: 80, rows: 30 }])
		await t.test(`${size.columns} columns`, async () => {
			for (let round = 0; round < 10; round++) {
				const screen = new TestScreen(size);
				const prompt = "$ ".repeat(random(6));
				await screen.write(prompt);
				const done = [];
				for (let i = 0; i < 25; i++) {
					const data = alphabet[random(alphabet.length)];
					if (screen.editor.text.length > 60)
						break;
					done.push(data);
					await screen.type(data);
					const { left, right } = screen.editor;
					const want = await expected(size, prompt, left, right);
					const { x, y } = screen.cursor();
					assert.equal(screen.text(), want.text, JSON.stringify(done));
					assert.deepEqual({ x: x === size.columns ? 0 : x, y: x === size.columns ? y + 1 : y }, { x: want.x, y: want.y }, JSON.stringify(done));
				}
			}
		});
});
