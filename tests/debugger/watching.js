// What a watcher sees, the same for every pair of engines: read from the inspector's page, asked for as a user would.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { startGateway } from "../gateway/gateway.js";
import { InspectorPage } from "./inspector-page.js";
import { orders, tell } from "./pair.js";

/**
 * @param {import("./pair.js").Pair} pair
 * @param {{ page?: "whole" | "engine" | "seen" }} options whole: also what only the inspector's own page does, whichever program it is;
 *        engine: of that, what its engine may do otherwise; seen: that engine has been looked at with another program
 */
export function watching(pair, { page: which = "engine" } = {}) {
	const names = `${pair.app.name} watched from ${pair.debug.name}`;
	const pairs = (what, act, flags = []) => test(`${names}: ${what}`, () => pair.with({ flags }, act));
	const pages = which === "whole" ? pairs : () => {};
	const engines = which === "seen" ? () => {} : pairs;

	pairs("each call is a row with its arguments, result and time, and can be filtered, searched and looked into", async (inspector, terminal) => {
		fs.writeFileSync(path.join(terminal.folder, "a.txt"), "hello, world");
		await inspector.seen("#programs", /orders\.wasm/);
		await tell(terminal, "open /work/a.txt");
		await tell(terminal, "stat /work/missing.txt");
		await tell(terminal, "write more");
		await inspector.filter({ path: "*a.txt" });
		const opened =
			await inspector.row(new RegExp(`^path_open\\(fd=\\d+, dirflags=SYMLINK_FOLLOW, path="a\\.txt", oflags=0, fs_rights_base=FD_READ\\|FD_SEEK\\|\\+\\d+, `
				+ `fs_rights_inheriting=FD_[A-Z_]+\\|[A-Z_]+\\|\\+\\d+, fdflags=0\\) = fd \\d+(\\.\\d+)?$`));
		assert.match(opened.by, /^#\d+$/);
		assert.match(opened.took, /µs|ms|s$/);

		await inspector.filter({ errno: "ENOENT", call: "path_*" });
		const missing = await inspector.row(/"missing\.txt"\) = ENOENT$/);
		assert.ok(missing.failed);
		assert.ok((await inspector.rows()).every(({ result }) => result === "ENOENT"));

		await inspector.filter({ search: "OUT.TXT" });
		await inspector.rowsSeen("what was searched for", (rows) => rows.length > 0 && rows.every(({ text }) => text.includes("out.txt")));
		await inspector.filter({ slower: "100s" });
		await inspector.seen("#no-rows", /No call passes the filter/);
		await inspector.filter({ slower: "soon" });
		assert.equal(await inspector.page.evaluate(() => document.querySelector("#filter [name=slower]").getAttribute("aria-invalid")), "true");
		await inspector.filter({ where: "server", call: "fd_sync" });
		await inspector.row(/^fd_sync\(fd=\d+(\.\d+)?\) = 0$/);

		await inspector.filter({ path: "*a.txt" });
		await inspector.click(`#row-${opened.row}`);
		await inspector.seen("#details", /path_open[^]*a\.txt[^]*batch \d+[^]*OS [\d.]+ (µs|ms)/);
		await inspector.press("Escape");
		await inspector.until("the details to go", async () => await inspector.text("#details") === ""
			|| !await inspector.page.evaluate(() => document.querySelector("#details").checkVisibility()));
	});

	pairs("handles are listed, and those left open at the end are marked", async (inspector, terminal) => {
		fs.writeFileSync(path.join(terminal.folder, "a.txt"), "hello, world");
		await tell(terminal, "open /work/a.txt");
		const handle = await inspector.until("the handle", async () => (await inspector.handles()).find(({ path: its }) => its.endsWith("a.txt")));
		assert.equal(handle.kind, "file");
		assert.match(handle.rights, /^r/);
		assert.equal(handle.leak, false);
		const work = (await inspector.handles()).find(({ path: its }) => its === "/work");
		assert.deepEqual([work.kind, work.by], ["folder", "grant"]);
		await tell(terminal, "open /work");
		await tell(terminal, "close");
		await inspector.until("the folder's second handle to go",
			async () => (await inspector.handles()).filter(({ path: its }) => its === "/work").length === 1);
		await inspector.click(`#handles tbody tr:nth-child(${(await inspector.handles()).findIndex(({ path: its }) => its.endsWith("a.txt")) + 1}) td:last-child button`);
		assert.match((await inspector.row(({ chosen }) => chosen)).text, /a\.txt/);
		await terminal.type("exit 3\r");
		await inspector.seen("#programs", /Exit 3/);
		const left = await inspector.until("the leak", async () => (await inspector.handles()).find(({ leak }) => leak));
		assert.match(left.path, /a\.txt\s*left open$/);
		await inspector.seen("#handles-panel .scope", /1 left open/);
	});

	test(`${names}: who comes late sees the last calls before, and since when it watches`, () => pair.with({ watch: false }, async (_, terminal) => {
		fs.writeFileSync(path.join(terminal.folder, "early.txt"), "hello, world");
		await tell(terminal, "open /work/early.txt");
		const inspector = await InspectorPage.open(pair.debug, terminal.gateway);
		try {
			await inspector.press("o");
			await inspector.row(({ note, text }) => note === "since" && /Watched from here on/.test(text));
			await inspector.row(({ call, text, before }) => before && call === "path_open" && text.includes("early.txt"));
			await tell(terminal, "write more");
			await inspector.filter({ call: "fd_sync" });
			assert.equal((await inspector.row(/^fd_sync/)).before, false);
		} finally {
			await inspector.close();
		}
	}));

	pairs("files are listed by what was read and written, and show their calls alone", async (inspector, terminal) => {
		fs.writeFileSync(path.join(terminal.folder, "a.txt"), "hello, world");
		await tell(terminal, "open /work/a.txt");
		await tell(terminal, "write more");
		await inspector.click("#show-files");
		const written = await inspector.until("the file that was written", () => inspector.page.evaluate(() => {
			const row = [...document.querySelectorAll("#files tbody tr")].find(({ cells: [name] }) => name.textContent.endsWith("/out.txt"));
			return row && row.cells[4].textContent !== "" && [...row.cells].map(({ textContent }) => textContent);
		}));
		assert.deepEqual([written[4], written[6]], ["4 B", ""]);
		await inspector.page.evaluate(() => [...document.querySelectorAll("#files tbody button")].find(({ textContent }) => textContent.endsWith("/a.txt")).click());
		await inspector.seen("#filter-file", /a\.txt/);
		await inspector.rowsSeen("its calls alone", (rows) => rows.some(({ call }) => call === "path_open") && rows.every(({ text }) => !text.includes("out.txt")));
		await inspector.click("#filter-file");
		await inspector.row(({ call }) => call === "fd_sync");
	});

	pairs("two runs are compared", async (inspector, terminal) => {
		await tell(terminal, "write more");
		await terminal.type("exit 0\r");
		await terminal.status(/Exit code 0/);
		await terminal.click("again");
		await inspector.seen("#programs", /2\s+orders/);
		await inspector.click("#show-compare");
		await inspector.seen("#differences", /out\.txt isn\u2019t written any more/);
		await inspector.seen("#differences", /No fd_sync any more: it was 1/);
	});

	pairs("what goes in and out is mirrored", async (inspector, terminal) => {
		await tell(terminal, "say to the left");
		await tell(terminal, "scold to the right");
		// What was typed holds the same words and may be shown first: each is waited for in its own stream.
		for (const [stream, text] of [["stdout", "to the left"], ["stderr", "to the right"], ["stdin", "scold to the right"]])
			await inspector.until(`'${text}' of ${stream}`, () => inspector.page.evaluate((which, what) =>
				[...document.querySelectorAll("#output span")].some((span) => span.className === which && span.textContent.includes(what)), stream, text));
	});

	pairs("what the page answered itself is a row too, and says so", async (inspector, terminal) => {
		await tell(terminal, "clocks 3");
		await inspector.filter({ where: "page", call: "clock_time_get" });
		const rows = await inspector.rowsSeen("three rows", ({ length }) => length === 3);
		assert.ok(rows.every(({ by, result, took }) => by === "page" && /^\d+$/.test(result) && took !== ""));
		await inspector.filter({ where: "server", call: "clock_time_get" });
		await inspector.seen("#no-rows", /No call passes/);
	});

	pairs("a trap shows its message and its wasm stack", async (inspector, terminal) => {
		await terminal.type("trap\r");
		await inspector.seen("#stopped", /trapped[^]*unreachable/i);
		await inspector.seen("#stopped-stack", /wasm/);
		await inspector.seen("#programs", /Trap/);
	});

	pairs("where the time goes is added up per call and in parts", async (inspector, terminal) => {
		for (let i = 0; i < 3; i++)
			await tell(terminal, "write more");
		const cells = await inspector.until("the sums of fd_sync", () => inspector.page.evaluate(() => {
			const row = [...document.querySelectorAll("#sums tbody tr")].find(({ cells: [name] }) => name.textContent === "fd_sync");
			return row && row.cells[1].textContent === "3" ? [...row.cells].map(({ textContent }) => textContent) : null;
		}));
		assert.ok(cells.slice(3, 6).every((cell) => /^[\d.]+ (µs|ms|s)$/.test(cell)), cells.join());
		await inspector.seen("#parts", /Page \d+ %[^]*Wire \d+ %[^]*Queue \d+ %[^]*OS \d+ %/);
		await inspector.seen("#plots", /Waits .*\/s[^]*Bytes .*\/s/);
		await inspector.page.evaluate(() => [...document.querySelectorAll("#sums button")].find(({ textContent }) => textContent === "fd_sync").click());
		// The first was waited for; of the others the program was told before they were done: a row for each.
		await inspector.rowsSeen("only that call", (rows) => rows.length === 5 && rows.every(({ call }) => call === "fd_sync")
			&& rows.filter(({ by }) => /later/.test(by)).length === 2);
	}, ["--limit", "keep=0"]); // one that is kept waits for each

	test(`${names}: a page's console and uncaught errors come when it asks for that`, async () => {
		const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-console-"));
		fs.copyFileSync(orders, path.join(folder, "orders.wasm"));
		fs.writeFileSync(path.join(folder, "index.html"), `<!doctype html><title>App</title><script type="module">
			import { spawn } from "/_wvwasi/wvwasi.js";
			globalThis.child = await spawn("orders.wasm", { args: ["orders"], debug: { console: true } });
			globalThis.speak = () => {
				console.warn("<i>slow</i>", { left: 3 });
				setTimeout(() => { throw new TypeError("nobody catches this"); });
			};
		</script>`);
		const gateway = await startGateway(["--root", folder]);
		const page = await pair.app.open(gateway.ready.link);
		const inspector = await InspectorPage.open(pair.debug, gateway);
		try {
			await inspector.until("the program", async () => await page.evaluate(() => Boolean(globalThis.speak))
				&& /orders/.test(await inspector.text("#programs")));
			await page.evaluate(() => speak());
			await inspector.click("#show-console");
			await inspector.seen("#console", /warn <i>slow<\/i>.*3[^]*uncaught error .*nobody catches this/);
		} finally {
			await inspector.close();
			await page.close();
			await gateway.stop();
			fs.rmSync(folder, { recursive: true, force: true });
		}
	});

	pages("the view is held without loss, by key and by scrolling, and follows again", async (inspector, terminal) => {
		await inspector.filter({ call: "path_open" });
		for (let i = 0; i < 2; i++)
			await tell(terminal, "write more");
		await inspector.rowsSeen("two rows", ({ length }) => length === 2);
		await inspector.page.evaluate(() => document.getElementById("grid").focus());
		await inspector.press(" ");
		await inspector.seen("#follow", /Held/);
		await tell(terminal, "write more");
		await inspector.seen("#follow", /Held, 1 new/);
		assert.equal((await inspector.rows()).length, 2);
		await inspector.press(" ");
		await inspector.rowsSeen("three rows", ({ length }) => length === 3);
		await inspector.seen("#follow", /Following/);
		await inspector.press("k");
		await inspector.press("k");
		await inspector.rowsSeen("the second row chosen", (rows) => rows.findIndex(({ chosen }) => chosen) === 1);
		await inspector.press("G");
		await inspector.seen("#follow", /Following/);
	});

	pages("another size of the window is no scrolling: the view follows, or stays where it is held", async (inspector, terminal) => {
		await tell(terminal, "clocks 200");
		await inspector.filter({ call: "clock_time_get" });
		await inspector.rowsSeen("rows", ({ length }) => length > 5);
		for (const size of [[1280, 500], [1280, 1000], [400, 800], [1280, 800]]) {
			await inspector.page.resize(...size);
			await inspector.until(`following at ${size}`, () => inspector.page.evaluate(() => {
				const lines = [...document.querySelectorAll("#view .line:not([hidden])")], view = document.getElementById("view").getBoundingClientRect();
				const last = lines.find((line) => line.getAttribute("aria-rowindex") === "201")?.getBoundingClientRect();
				return document.getElementById("follow-text").textContent === "Following" && last && last.top < view.bottom && last.bottom <= view.bottom + 2;
			}));
		}
	});

	pages("every control can be hit, and no word of ours is cut, wide and narrow", async (inspector, terminal) => {
		await tell(terminal, "write more");
		await inspector.row(/^fd_sync/);
		for (const size of [[1280, 800], [400, 800]])
			for (const panel of size[0] === 400 ? ["programs", "trace", "time", "handles", "streams"] : ["trace"]) {
				await inspector.page.resize(...size);
				await inspector.until(`the panel ${panel}`, () => inspector.page.evaluate((which) => {
					document.querySelector(`#tabs [data-panel=${which}]`).click();
					return document.body.dataset.panel === which;
				}, panel));
				const found = await inspector.page.evaluate(() => {
					const small = [...document.querySelectorAll("button, select, input:not([type=checkbox]), label:has([type=checkbox])")].filter((one) => one.checkVisibility())
						.map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
						.filter(([, { width, height }]) => width < 23.5 || height < 23.5);
					const cut = [...document.querySelectorAll("h1, h2, th, button, #filter label > span, .scope, #tabs button")].filter((one) => one.checkVisibility()
						&& one.translate && !one.querySelector("[translate=no]") && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflow !== "visible");
					const field = document.createElement("canvas").getContext("2d");
					const hints = [...document.querySelectorAll("input[placeholder]")].filter((one) => one.checkVisibility() && one.placeholder).filter((one) => {
						const style = getComputedStyle(one, "::placeholder"), box = getComputedStyle(one);
						field.font = `${style.fontSize} ${style.fontFamily}`;
						return field.measureText(one.placeholder).width > one.clientWidth - parseFloat(box.paddingLeft) - parseFloat(box.paddingRight) + 1;
					});
					return [...small.map(([name, { width, height }]) => `${name} is ${width} by ${height}`), ...cut.map((one) => `cut: ${one.textContent}`),
						...hints.map((one) => `cut: ${one.placeholder}`)];
				});
				assert.deepEqual(found, [], `${panel} at ${size}`);
			}
	});

	pages("a page with rows asks before it is left", async (inspector, terminal) => {
		const asks = () => inspector.page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
		await tell(terminal, "write more");
		await inspector.row(/^fd_sync/);
		assert.equal(await asks(), true);
	});

	pages("rows are saved as strace writes them, as JSON and for Perfetto", async (inspector, terminal) => {
		await tell(terminal, "write more");
		await inspector.filter({ call: "fd_sync" });
		await inspector.rowsSeen("the row", ({ length }) => length === 1);
		const saved = async (id) => {
			await inspector.page.evaluate(() => {
				globalThis.saved = null;
				document.addEventListener("click", async (event) => {
					if (event.target.download) {
						event.preventDefault(); // where it would go differs; what it is doesn't
						globalThis.saved = { name: event.target.download, text: await (await savedBlob).text() };
					}
				}, { capture: true, once: false });
				globalThis.createObjectURL ??= URL.createObjectURL;
				URL.createObjectURL = (blob) => {
					globalThis.savedBlob = blob;
					return createObjectURL.call(URL, blob);
				};
				const click = HTMLAnchorElement.prototype.click;
				HTMLAnchorElement.prototype.click = function () {
					document.body.append(this);
					click.call(this);
					this.remove();
				};
			});
			await inspector.click(id);
			return inspector.until("the file", () => inspector.page.evaluate(() => globalThis.saved));
		};
		const strace = await saved("#export-strace");
		assert.equal(strace.name, "trace.strace");
		assert.match(strace.text, /^\[pid \d+\] \d\d:\d\d:\d\d\.\d{6} fd_sync\(\d+(\.\d+)?\) = 0 <\d+\.\d{6}>\n$/);
		const json = await saved("#export-json");
		const { call, answered, took_us: took, os_us: os } = JSON.parse(json.text);
		assert.deepEqual([json.name, call, answered], ["trace.jsonl", "fd_sync", "server"]);
		assert.ok(took >= os && os > 0);
		const perfetto = await saved("#export-perfetto");
		const [event] = JSON.parse(perfetto.text).traceEvents.filter(({ ph }) => ph === "X");
		assert.deepEqual([perfetto.name, event.name, event.dur >= os], ["trace.perfetto.json", "fd_sync", true]);
	});

	engines("what is hostile is shown as what it is, and nothing of it becomes markup", async (inspector, terminal) => {
		await tell(terminal, "fool");
		await inspector.filter({ call: "path_open", path: "*" });
		await inspector.row(({ text }) => text.includes("<img src=x onerror=alert(1)>"));
		await inspector.row(({ text }) => text.includes("exe.\\u{202e}txt"));
		await inspector.row(({ text }) => /\\(33|e|x1b)\[31mred/.test(text));
		await inspector.seen("#output", /<script>alert\(1\)<\/script>[^]*<b onclick=alert\(2\)>\\e\[2Jgone\\u\{202e\}/);
		const made = await inspector.page.evaluate(() => ({
			foreign: document.querySelectorAll("#view img, #view script, #output img, #output script, #output b, [onerror], [onclick]").length,
			hidden: /[\u202a-\u202e\u2066-\u2069\u001b]/.test(document.body.textContent),
		}));
		assert.deepEqual(made, { foreign: 0, hidden: false });
		const refused = await inspector.page.evaluate(() => {
			try {
				document.createElement("div").innerHTML = "<b>x</b>";
				return "no";
			} catch (error) {
				return error.name;
			}
		});
		assert.equal(refused, pair.debug.name === "webkit" && refused === "no" ? "no" : "TypeError"); // Trusted Types, where the engine has them
		assert.deepEqual((await inspector.page.messages()).filter(({ type, text }) => type === "error" && !/Trusted|TrustedHTML|innerHTML/.test(text)), []);
	});

	pages("nothing scrolls sideways, every key works, and axe finds nothing serious, wide and narrow", async (inspector, terminal) => {
		await tell(terminal, "write more");
		await inspector.row(/^fd_sync/).catch(() => {});
		for (const size of [[1280, 800], [400, 800]]) {
			await inspector.page.resize(...size);
			await inspector.until("no sideways scrolling", () => inspector.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
			assert.deepEqual(await inspector.findings(), [], `at ${size}`);
			if (size[0] === 400)
				for (const panel of ["programs", "time", "handles", "streams", "trace"]) {
					await inspector.click(`#tabs [data-panel=${panel}]`);
					const other = { time: "#show-compare", handles: "#show-files", trace: "#show-timeline" }[panel];
					if (other)
						await inspector.click(other);
					await inspector.until(`no sideways scrolling in ${panel}`,
						() => inspector.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
					assert.deepEqual(await inspector.findings(), [], panel);
				}
		}
		await inspector.page.resize(1280, 800);
		assert.deepEqual(await inspector.findings(), [], "the other views");
		await inspector.click("#timeline-all");
		await inspector.until("lanes", () => inspector.page.evaluate(() => /^\d+ calls on [2-9] lanes from/.test(document.getElementById("timeline-canvas").ariaLabel
			?? document.getElementById("timeline-canvas").getAttribute("aria-label"))));
		await inspector.press("t");
		await inspector.press("?");
		assert.match(await inspector.seen("#keys", /Keys/), /Space[^]*Hold the view/);
		assert.deepEqual(await inspector.findings(), [], "the list of keys");
		await inspector.click("#keys-close");
		await inspector.press("/");
		assert.equal(await inspector.page.evaluate(() => document.activeElement.name), "search");
		await inspector.press("Escape");
		await inspector.press("4");
		assert.ok(await inspector.page.evaluate(() => document.querySelector("#handles-panel").contains(document.activeElement)));
		await inspector.press("m");
		assert.equal(await inspector.page.evaluate(() => document.querySelector("#trace-panel").checkVisibility()), false);
		await inspector.press("m");
		assert.equal(await inspector.page.evaluate(() => document.querySelector("#trace-panel").checkVisibility()), true);
	});

	engines("when the gateway goes, the page says so, and keeps what was seen", async (inspector, terminal) => {
		await tell(terminal, "write more");
		await inspector.filter({ call: "fd_sync" });
		await inspector.rowsSeen("the row", ({ length }) => length === 1);
		await terminal.gateway.stop();
		await inspector.seen("#notice", /connection is lost/i);
		await inspector.seen("#link", /Connection lost/);
		assert.equal((await inspector.rows()).length, 1);
	});
}
