// The terminal page, with CPython and with programs that go wrong, in every engine.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo } from "../gateway/gateway.js";
import { python, TerminalPage } from "./terminal-page.js";
import { after, describe, test } from "../testing.js";

const only = process.env.WVWASI_ENGINE;
const build = process.env.WVWASI_BUILD ?? "build";
const orders = path.join(build, "guests/orders.wasm"), exits = path.join(build, "components/exits.wasm");

for (const name of engineNames.filter((name) => !only || only === name)) {
	const engine = await startEngine(name);

	/** A test with a terminal of its own. */
	const terminalTest = (promise, program, options, body) => test(promise, async () => {
		const terminal = await TerminalPage.open(engine, program, options);
		try {
			await body(terminal);
		} finally {
			await terminal.close();
		}
	});

	describe(`terminal, ${name}`, () => {
		after(() => engine.close()); // not at the top: it could come as soon as one engine's tests are done and the next hasn't started

		terminalTest("a Python prompt works on a real folder", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			await terminal.type("open('/work/made.txt', 'w').write('Grüße')\r");
			await terminal.seen(/^5$/m);
			await terminal.type("import sys; print('at the end'); sys.exit(3)\r");
			await terminal.status(/^Exit code 3 after /);
			await terminal.seen(/at the end\nExit code 3 after .* Enter runs it again$/);
			assert.equal(fs.readFileSync(path.join(terminal.folder, "made.txt"), "utf8"), "Grüße");
		});

		terminalTest("a component runs as a module does; its exit code is the gateway's, with --once", [exits, "42"], { flags: ["--once"] }, async (terminal) => {
			await terminal.seen(/^before\nExit code 42 after /m);
			assert.equal((await terminal.gateway.ended).code, 42);
		});

		terminalTest("a run can be repeated by Enter, and starts afresh", [python, "-c", "print(input('name? '))"], {}, async (terminal) => {
			await terminal.seen(/^name\?$/m);
			await terminal.type("Ada");
			await terminal.type("\r");
			await terminal.status(/^Exit code 0/);
			await terminal.type("\r");
			await terminal.seen(/Enter runs it again\n\nname\?$/);
			await terminal.type("Grace\r");
			await terminal.seen(/^Grace$/m);
			await terminal.status(/^Exit code 0/);
			const starts = () => terminal.gateway.log.filter(({ event }) => event === "program-start").length;
			await terminal.until("the gateway's word of two starts", async () => starts() >= 2);
			assert.equal(starts(), 2);
		});

		terminalTest("Ctrl-C ends the program with 130", [python, "-c", "import time; print('asleep', flush=True); time.sleep(600)"], {}, async (terminal) => {
			await terminal.seen(/^asleep$/m);
			await terminal.type("\x03");
			await terminal.status(/^Interrupted after .*, exit code 130$/);
			const { reason } = await terminal.gateway.next("program-end");
			assert.equal(reason, "killed");
		});

		terminalTest("Ctrl-C at a prompt drops the line, and ends the program the second time, after the page said so", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			await terminal.type("kept = 41\r");
			await terminal.seen(/kept = 41\n>>>$/);
			const SAYS = "Ctrl-C again ends the program"; // for two seconds
			assert.deepEqual(await terminal.typeFast("half a li", "\x03", "p"), ["", SAYS, ""], "another key takes the announcement back");
			await terminal.seen(/kept = 41\n>>> p$/);
			await terminal.type("rint(kept + 1)\r");
			await terminal.seen(/^42$/m);
			assert.equal((await terminal.typeFast("\x03", "\x03"))[0], SAYS);
			await terminal.status(/^Interrupted after .*, exit code 130$/);
		});

		terminalTest("Tab completes paths in granted folders", [python], {}, async (terminal) => {
			for (const name of ["notes.txt", "notes.md", "other.txt"])
				fs.writeFileSync(path.join(terminal.folder, name), `this is ${name}`);
			fs.mkdirSync(path.join(terminal.folder, "folder"));
			await terminal.seen(/^>>>$/m);
			await terminal.type("open('/wo");
			for (const [seen, more] of [["/work/", "o"], ["/work/other.txt", "').read()\r"]]) {
				await terminal.type("\t");
				await terminal.seen(new RegExp(`^>>> open\\('${seen}$`, "m"));
				await terminal.type(more);
			}
			await terminal.seen(/^'this is other.txt'$/m);
			await terminal.type("open('work/n");
			await terminal.type("\t");
			await terminal.seen(/^>>> open\('work\/notes\.$/m);
			await terminal.type("\t");
			await terminal.until("both names", async () => await terminal.text("hint") === "notes.md   notes.txt");
		});

		terminalTest("a paste with blank lines asks once, and can leave them out", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			const paste = () => terminal.page.evaluate((pasted) => {
				const clipboardData = new DataTransfer();
				clipboardData.setData("text/plain", pasted);
				const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
				Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox takes none from the constructor
				document.querySelector(".xterm-helper-textarea").dispatchEvent(event);
			}, "def twice(x):\n    y = x\n\n    return y + x\n\nprint(twice(21))\n");
			await paste();
			await terminal.until("the question", async () => await terminal.text("paste-lines") === "6 lines, with 1 blank within a block");
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.evaluate(() => document.querySelector("#paste button[value=without]").click());
			await terminal.type("\r");
			await terminal.seen(/ 42$/m);
			await paste();
			await terminal.seen(/ 42$[^]* 42$/m);
		});

		terminalTest("the tab has the title that the program asks for, and its bell", [python, "-c",
			"print('\\x1b]2;half\\x07 done\\x1b\\\\', end=''); print('\\x1b]2;half <b>done</b>\\x07rung\\x07'); input()"], {}, async (terminal) => {
			await terminal.seen(/rung/);
			await terminal.until("the title", async () => await terminal.page.evaluate(() => document.title) === "▶ half <b>done</b>");
		});

		if (name !== "webkit") // whose driver can't let a page notify
			terminalTest("who says yes, once, is notified of a long run's end while another page is looked at", [python, "-c", "input()"], {}, async (terminal) => {
				const { puppeteer } = terminal.page, { origin } = new URL(await terminal.page.url());
				await terminal.status(/^Running/);
				await terminal.page.evaluate(() => { // the clock is on, not the test
					const now = performance.now.bind(performance);
					performance.now = () => now() + 31_000;
					window.notified = [];
					window.Notification = class extends Notification {
						constructor(title, options) {
							super(title, options);
							this.addEventListener("show", () => window.notified.push(`${title}: ${options.body}`));
							this.addEventListener("error", () => window.notified.push("error"));
						}
					};
				});
				await terminal.until("the question", async () => /runs for long/.test(await terminal.text("offer")));
				assert.deepEqual(await terminal.findings(), []);
				await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/${name}-notify.png`);
				await puppeteer.browserContext().overridePermissions(origin, ["notifications"]);
				await terminal.click("offer-yes");
				await terminal.until("the yes", () => terminal.page.evaluate(() => Notification.permission === "granted"));
				const other = await engine.blank();
				await other.puppeteer.bringToFront();
				await terminal.until("that nobody looks", () => terminal.page.evaluate(() => document.hidden));
				await terminal.type("\r");
				await terminal.status(/^Exit code 0/);
				assert.match((await terminal.until("the notification", () => terminal.page.evaluate(() => window.notified.length && window.notified)))[0],
					/^python\.wasm: Exit code 0 after /);
				await other.close();
				await puppeteer.bringToFront();
				await terminal.click("again");
				await terminal.status(/^Running/);
				assert.equal(await terminal.page.evaluate(() => document.getElementById("offer").hidden), true);
			});

		if (name === "chromium") // the others' drivers have no touch
			terminalTest("a phone scrolls by touch, and has Esc, Tab, Ctrl and arrows", [python, "-i", "-c", "for i in range(200): print('line', i)"], {},
				async (terminal) => {
					const { puppeteer } = terminal.page;
					await puppeteer.setViewport({ width: 400, height: 700, isMobile: true, hasTouch: true });
					await terminal.seen(/^line 199\n>>>$/m);
					const touch = await puppeteer.touchscreen.touchStart(200, 300);
					for (let y = 320; y <= 600; y += 20)
						await touch.move(200, y);
					await touch.end();
					const text = await terminal.seen(/^line 1[78]\d$/m);
					assert.doesNotMatch(text, /line 199/);
					assert.deepEqual(await terminal.findings(), []);
					const small = await terminal.page.evaluate(() => [...document.querySelectorAll("button")].filter((button) => button.offsetParent !== null)
						.filter((button) => button.offsetWidth < 44 || button.offsetHeight < 44).map((button) => button.id || button.textContent));
					assert.deepEqual(small, [], "targets of at least 44 px");
					await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/phone.png`);
					await terminal.type("print(1)");
					for (const key of ["Ctrl", "Left", "Left"]) {
						await puppeteer.evaluate((label) => [...document.querySelectorAll("#keys button")]
							.find((button) => (button.ariaLabel ?? button.textContent) === label).click(), key);
						await terminal.type(key === "Ctrl" ? "a" : "");
					}
					await terminal.type("#\r");
					await terminal.seen(/^>>> #print\(1\)$/m);
				});

		terminalTest("a line that is typed while the program starts arrives", [orders], {}, async (terminal) => {
			await terminal.seen(/^ready$/m);
			await terminal.type("exit -1\r");
			await terminal.status(/^Exit code -1 after /);
			await terminal.page.evaluate(() => {
				document.getElementById("again").click();
				const area = document.querySelector(".xterm-helper-textarea");
				for (const data of ["say typed early\r", "say and this\r"])
					area.dispatchEvent(new InputEvent("input", { data, inputType: "insertText", bubbles: true }));
			});
			await terminal.seen(/^typed early\n[^]*^and this$/m);
		});

		terminalTest("a paste arrives whole, whatever it begins with and the program asked the terminal for", [orders], {}, async (terminal) => {
			await terminal.seen(/^ready$/m);
			for (const text of ["say \x1b[?2004h\r", "say pasted\r", "\x1b[1msay no order\r"]) {
				await terminal.page.evaluate((pasted) => {
					const clipboardData = new DataTransfer();
					clipboardData.setData("text/plain", pasted);
					const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
					Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox takes none from the constructor
					document.querySelector(".xterm-helper-textarea").dispatchEvent(event);
				}, text);
				await terminal.seen({ "say p": /^pasted$/m, "\x1b[1ms": /\^\[\[1msay no order/ }[text.slice(0, 5)] ?? /did say/);
			}
		});

		terminalTest("Ctrl-C copies what is selected on a Russian keyboard too", [orders], {}, async (terminal) => {
			await terminal.seen(/^ready$/m);
			const copied = await terminal.page.evaluate(() => {
				let text = null;
				navigator.clipboard.writeText = async (what) => {
					text = what;
				};
				const row = [...document.querySelectorAll(".xterm-rows > div")].find(({ textContent }) => textContent.startsWith("ready"))
					.getBoundingClientRect();
				const at = { clientX: row.left + 12, clientY: row.top + row.height / 2, detail: 2, bubbles: true, cancelable: true, button: 0, buttons: 1 };
				document.querySelector(".xterm-screen").dispatchEvent(new MouseEvent("mousedown", at));
				document.dispatchEvent(new MouseEvent("mouseup", { ...at, buttons: 0 }));
				document.querySelector(".xterm-helper-textarea").dispatchEvent(new KeyboardEvent("keydown",
					{ key: "с", code: "KeyC", keyCode: 67, ctrlKey: true, bubbles: true, cancelable: true }));
				return text;
			});
			assert.equal(copied, "ready");
			await terminal.type("say on\r");
			await terminal.seen(/^on$/m);
		});

		terminalTest("Ctrl-D is one zero-byte read", [python, "-c",
			"import os; print(os.read(0, 100)); print(os.read(0, 100))"], {}, async (terminal) => {
			await terminal.status(/^Running/);
			await terminal.type("\x04");
			await terminal.seen(/^b''$/m);
			await terminal.type("more\r");
			await terminal.seen(/^b'more\\n'$/m);
			await terminal.status(/^Exit code 0/);
		});

		terminalTest("in raw mode every key is the program's", [python, "-c",
			"import os\nwhile (key := os.read(0, 100)) != b'q': print(key, end='\\r\\n', flush=True)"], { flags: ["--tty", "raw"] }, async (terminal) => {
			await terminal.status(/^Running/);
			for (const [key, shown] of [["a", "b'a'"], ["\r", "b'\\r'"], ["\x03", "b'\\x03'"], ["\x1b[A", "b'\\x1b[A'"], ["é", "b'\\xc3\\xa9'"]]) {
				await terminal.type(key);
				await terminal.until(shown, async () => (await terminal.screen()).endsWith(shown));
			}
			await terminal.type("q");
			await terminal.status(/^Exit code 0/);
		});

		terminalTest("in raw mode a program that asks learns of each new size, and draws itself anew", [python, "-c", [
			"import os, re", "print('\\x1b[?2048$p\\x1b[18t\\x1b[?2048h', end='', flush=True)", "seen = b''", "while b'q' not in seen:",
			"    seen += os.read(0, 1000)",
			"    asked = re.findall(rb'\\x1b\\[8;(\\d+);(\\d+)t', seen)", "    told = re.findall(rb'\\x1b\\[48;(\\d+);(\\d+);\\d+;\\d+t', seen)",
			"    mode = b'[?2048;2$y' in seen",
			"    if told and asked: print('\\x1b[2J\\x1b[H' + '=' * int(told[-1][1]) + f'\\r\\n{mode} {int(asked[0][1])} {len(told)} {int(told[-1][0])} rows', end='', flush=True)",
		].join("\n")], { flags: ["--tty", "raw"] }, async (terminal) => {
			const drawn = async (columns) => {
				const wide = async () => /^(=+)\n(True \d+ \d+ \d+ rows)$/.exec((await terminal.screen()).trim());
				return terminal.until("a line as wide as the terminal", async () => {
					const found = await wide();
					return found && columns(found[1].length) && found;
				});
			};
			const [, line, words] = await drawn((columns) => columns > 90);
			assert.equal(words.split(" ")[1], String(line.length), "CSI 18 t says the same");
			await terminal.page.resize(500, 400);
			const [, narrow] = await drawn((columns) => columns < 70 && columns > 30);
			await terminal.page.resize(1000, 700);
			await drawn((columns) => columns === line.length);
			assert.ok(narrow.length < line.length);
			await terminal.type("q");
			await terminal.status(/^Exit code 0/);
		});

		/* xterm.js 6003 */
		terminalTest("characters that a program writes in pieces are whole", [python, "-c", [
			"import os, time",
			"for part in (b'a\\xe2\\x80', b'\\x94b\\n\\xf0\\x9f', b'\\xa7\\x91\\xe2\\x80', b'\\x8d\\xf0\\x9f\\x92\\xbb\\n'):",
			"    os.write(1, part)", "    time.sleep(0.1)",
		].join("\n")], {}, async (terminal) => {
			await terminal.status(/^Exit code 0/);
			await terminal.seen(/^a—b\n🧑‍💻$/m);
		});

		/* ttyd 273, tty.js 81, vscode 114377 */
		terminalTest("a program that floods the terminal can be interrupted, and run again", [python, "-c",
			"i = 0\nwhile True:\n    print(i, 'and some more text, as lines of a log have')\n    i += 1"], {}, async (terminal) => {
			await terminal.seen(/^\d{5,} and some more/m);
			await terminal.type("\x03");
			await terminal.status(/^Interrupted after .*, exit code 130$/);
			await terminal.type("\r");
			await terminal.until("the second run", async () => terminal.gateway.log.filter(({ event }) => event === "program-start").length === 2);
			await terminal.status(/^Running/);
			await terminal.type("\x03");
			await terminal.status(/^Interrupted after .*, exit code 130$/);
		});

		terminalTest("Enter right behind the end of a flood: the next one is interrupted, too", [python, "-c",
			"i = 0\nwhile True:\n    print(i, 'and some more text, as lines of a log have')\n    i += 1"], {}, async (terminal) => {
			await terminal.seen(/^\d{5,} and some more/m);
			await terminal.page.evaluate(async () => {
				const status = document.getElementById("status"), area = document.querySelector(".xterm-helper-textarea");
				const type = (data) => area.dispatchEvent(new InputEvent("input", { data, inputType: "insertText", bubbles: true }));
				const said = (pattern) => new Promise((resolve, reject) => {
					const look = () => pattern.test(status.textContent.trim()) && (observer.disconnect(), resolve());
					const observer = new MutationObserver(look);
					observer.observe(status, { childList: true, characterData: true, subtree: true });
					setTimeout(() => reject(new Error(`never said: ${pattern}, but ${status.textContent.trim()}`)), 15_000);
					look();
				});
				for (let i = 0; i < 4; i++) {
					type("\x03");
					await said(/^Interrupted/);
					type("\r"); // what ended is still being shown
					await said(/^Running/);
				}
			});
			await terminal.type("\x03");
			await terminal.status(/^Interrupted after .*, exit code 130$/);
		});

		terminalTest("100,000 lines don't freeze the page, and all can be saved", [python, "-c",
			"input()\nfor i in range(100_000): print(i, 'and some more text, as lines of a log have')\nprint('the end', end='')"], {}, async (terminal) => {
			await terminal.status(/^Running/);
			const start = Date.now();
			await terminal.page.evaluate(() => {
				let last = performance.now();
				window.worst = 0;
				setInterval(() => {
					window.worst = Math.max(window.worst, performance.now() - last);
					last = performance.now();
				}, 10);
			});
			await terminal.type("\r");
			const text = await terminal.seen(/^the end$/m, 90_000);
			assert.match(text, /^99999 and some more/m);
			// On a machine with much else to do everything is slow; a frozen page stands still all the time.
			const took = Date.now() - start;
			const worst = await terminal.page.evaluate(() => window.worst);
			assert.ok(worst < Math.max(500, took / 4), `the page stood still for ${worst} of ${took} ms`);
			await terminal.page.evaluate(() => {
				HTMLAnchorElement.prototype.click = () => {};
				URL.createObjectURL = (blob) => {
					blob.slice(0, 10).text().then((first) => (window.saved = first));
					return "blob:";
				};
				document.getElementById("save").click();
			});
			assert.equal(await terminal.until("what is saved", () => terminal.page.evaluate(() => window.saved)), "0 and some", "older lines than the screen has");
		});

		terminalTest("the program knows the terminal's size, and lines flow anew when it changes", [python, "-c",
			"import os; print(os.environ['COLUMNS'], os.environ['LINES'], os.isatty(0), os.environ['TERM']); print('x' * 90, end=''); input()"], {},
		async (terminal) => {
			const [, columns, lines] = (await terminal.seen(/^(\d+) (\d+) True xterm-256color$/m)).match(/^(\d+) (\d+) /m);
			assert.ok(columns > 90 && columns < 140 && lines > 20 && lines < 50, `${columns} x ${lines}`);
			await terminal.seen(/^x{90}$/m);
			await terminal.page.resize(400, 700);
			await terminal.until("all 90 in narrow lines", async () => /^(x{20,60}\n)+x+$/m.exec(await terminal.screen())?.[0].replaceAll("\n", "")
				.length === 90);
			await terminal.page.resize(1000, 700);
			await terminal.seen(/^x{90}$/m);
		});

		terminalTest("a crash shows its stack", [path.join(process.env.WVWASI_BUILD ?? "build", "guests/ends.wasm"), "trap"], {}, async (terminal) => {
			await terminal.status(/^Crashed after /);
			await terminal.seen(/RuntimeError: .*\n[^]*(ends\.wasm|wasm-function)/);
		});

		test("what is no program says so", async () => {
			const text = path.join(fs.mkdtempSync("/tmp/wvwasi-text-"), "text.wasm");
			fs.writeFileSync(text, "\0asm\x01\0\0\0not a program"); // another file the gateway itself refuses
			const terminal = await TerminalPage.open(engine, [text]);
			try {
				await terminal.status(/^Couldn't start$/);
				await terminal.seen(/cannot compile[^]*Enter runs it again/);
			} finally {
				await terminal.close();
				fs.rmSync(path.dirname(text), { recursive: true });
			}
		});

		terminalTest("arguments of several lines are shown in one", [python, "-c", "print('one')\nprint('two')\nprint('three')"], {}, async (terminal) => {
			await terminal.seen(/^three$/m);
			assert.equal(await terminal.text("name"), "python.wasm -c print('one') ↵ print('two') ↵ print('three')");
			const [height, title] = await terminal.page.evaluate(() => {
				const { offsetHeight, title } = document.getElementById("name");
				return [offsetHeight, title];
			});
			assert.ok(height < 2 * 24, `${height} px`);
			assert.match(title, /'one'\)\nprint/, "the tooltip has them as they are");
		});

		terminalTest("without a program the page says how to start one", [], { flags: ["--root", "examples"] }, async (terminal) => {
			await terminal.until("the notice", async () => /There is nothing to run[^]*wvwasi-gw --dir/.test(await terminal.text("notice")));
		});

		terminalTest("the gateway gone: the page says so, how to start it again, and goes on when it is let in", [python], {}, async (terminal) => {
			const notice = (pattern) => terminal.until(String(pattern), async () => pattern.test(await terminal.text("notice")));
			await terminal.seen(/^>>>$/m);
			terminal.gateway.kill("SIGKILL");
			await notice(/The gateway is gone[^]*wvwasi-gw … -- python\.wasm/);
			await terminal.status(/^Lost after /);
			assert.equal((await terminal.text("notice")).match(/\bgone\b/g).length, 1, "once");
			const again = await terminal.restartGateway();
			await notice(/The gateway runs again[^]*press Enter in its terminal/);
			const other = await engine.open(linkTo(again.ready.link, "/_wvwasi/enter"));
			await terminal.until("ready", async () => await terminal.text("status") === "Ready");
			await other.close();
			await terminal.page.puppeteer?.bringToFront(); // xterm.js paints no tab that is hidden, and Chromium may leave ours so
			await terminal.click("again");
			await terminal.seen(/Enter runs it again[^]*^>>>$/m);
		});

		terminalTest("who is removed at the terminal is told so", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			terminal.gateway.say({ do: "revoke", session: 1 });
			await terminal.until("the notice", async () => /^You were removed at the terminal[^]*new link/.test(await terminal.text("notice")));
			await terminal.status(/^Lost after /);
			await terminal.seen(/^you were removed at the gateway's terminal$/m);
		});

		terminalTest("a page that nobody let in is led to where it can get in", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			await terminal.click("stop");
			await terminal.status(/^Stopped/);
			await terminal.page.evaluate(() => {
				localStorage.clear();
				document.getElementById("again").click();
			});
			await terminal.until("the enter page", async () => /_wvwasi\/enter/.test(await terminal.page.url()));
			await terminal.until("what to do", () => terminal.page.evaluate(() => /Press\s+Enter\s+in the terminal/.test(document.body.innerText)));
			await terminal.page.goto(linkTo(await terminal.gateway.link(), "/_wvwasi/terminal"));
			await terminal.there();
			await terminal.seen(/^>>>$/m);
		});

		terminalTest("nobody leaves by accident while a program runs that ends with the page", [python], { flags: ["--limit", "keep=0"] }, async (terminal) => {
			const asks = () => terminal.page.evaluate(() => !window.dispatchEvent(new Event("beforeunload", { cancelable: true })));
			await terminal.seen(/^>>>$/m);
			await terminal.until("the hint, once it waits for input", async () => /^the program ends with its page: this gateway keeps none/.test(await terminal.text("hint")));
			assert.equal(await asks(), true);
			await terminal.click("stop");
			await terminal.status(/^Stopped after /);
			assert.equal(await asks(), false);
		});

		terminalTest("the summary counts calls, waits and bytes", [python, "-c", "open('/work/x', 'w').write('x')"], {}, async (terminal) => {
			await terminal.status(/^Exit code 0/);
			await terminal.click("status");
			const figures = await terminal.page.evaluate(() => Object.fromEntries([...document.querySelectorAll("#figures > div")]
				.map((figure) => [figure.querySelector("dt").textContent, figure.querySelector("dd").firstChild.data])));
			for (const [figure, least] of [["System calls", 50], ["Waits for the gateway", 1], ["Sent", 1], ["Received", 1]])
				assert.ok(parseFloat(figures[figure].replace(/,/g, "")) >= least, `${figure}: ${figures[figure]}`);
			const calls = await terminal.page.evaluate(() => [...document.querySelectorAll("#calls tr")].map((row) => row.innerText));
			assert.ok(calls.some((row) => /^path_open\s+\d+$/.test(row)), calls.join("\n"));
			assert.deepEqual(await terminal.findings(), []);
		});

		terminalTest("what was printed can be found and saved", [python, "-c", "print('needle one\\nhay\\nneedle two')"], {}, async (terminal) => {
			await terminal.status(/^Exit code 0/);
			await terminal.seen(/needle two\nExit code 0.*again$/); // what ends a run ends the selection, too
			await terminal.click("find-open");
			await terminal.page.evaluate(() => {
				const text = document.getElementById("find-text");
				text.value = "needle";
				text.dispatchEvent(new InputEvent("input"));
			});
			await terminal.until("the newest of two matches", async () => await terminal.text("find-count") === "2 of 2");
			await terminal.type("x"); // which ends the selection, not the search
			await terminal.click("find-older");
			await terminal.until("the older one", async () => await terminal.text("find-count") === "1 of 2");
			await terminal.page.evaluate(() => {
				URL.createObjectURL = (blob) => {
					blob.text().then((text) => (window.saved = text));
					return "#";
				};
			});
			await terminal.click("save");
			assert.equal(await terminal.until("the file", () => terminal.page.evaluate(() => window.saved)), "needle one\nhay\nneedle two\n");
		});

		terminalTest("colours and the size of letters are the user's, and stay", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			const look = () => terminal.page.evaluate(() => ({
				paper: getComputedStyle(document.body).backgroundColor,
				screen: getComputedStyle(document.querySelector(".xterm-viewport")).backgroundColor,
				letters: getComputedStyle(document.querySelector(".xterm-rows")).fontSize,
			}));
			await terminal.click("settings-open");
			assert.deepEqual(await terminal.findings(), []);
			for (const [theme, rgb] of [["light", "rgb(255, 255, 255)"], ["dark", "rgb(18, 20, 22)"]]) {
				await terminal.page.evaluate((value) => document.querySelector(`[name=theme][value=${value}]`).click(), theme);
				await terminal.until(theme, async () => (await look()).screen === rgb && (await look()).paper === rgb);
			}
			await terminal.click("font-larger");
			await terminal.until("larger letters", async () => (await look()).letters === "15px");
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.screenshot(`${process.env.WVWASI_SCREENSHOTS ?? terminal.folder}/${name}-settings.png`);
			await terminal.type("exit()\r");
			await terminal.status(/^Exit code 0/);
			await terminal.page.goto(await terminal.page.url());
			await terminal.seen(/^>>>$/m);
			assert.deepEqual(await look(), { paper: "rgb(18, 20, 22)", screen: "rgb(18, 20, 22)", letters: "15px" });
		});

		terminalTest("all matches are counted, however many there are", [python, "-c", "print('needle ' * 30_000)"], {}, async (terminal) => {
			await terminal.status(/^Exit code 0/);
			await terminal.click("find-open");
			await terminal.page.evaluate(() => {
				const text = document.getElementById("find-text");
				text.value = "NEEDLE";
				text.dispatchEvent(new InputEvent("input"));
			});
			await terminal.until("30,000 matches", async () => /^(30,000 matches|\d+ of 30000)$/.test(await terminal.text("find-count")));
		});

		terminalTest("axe-core has no serious complaint, and the summary has the calls of a program that waits for input", [python], {}, async (terminal) => {
			await terminal.seen(/^>>>$/m);
			assert.deepEqual(await terminal.findings(), []);
			await terminal.click("status"); // while it waits for input, which is the longest
			await terminal.until("the calls so far", async () => Number(/^System calls\n+(\d+)/.exec(await terminal.text("figures"))?.[1]) >= 50);
		});
	});
}
