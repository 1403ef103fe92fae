// The panel of granted folders beside the terminal: every case in Chromium, where real files can be dropped, and a short one in the others.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { after, describe, test } from "../testing.js";
import { python, TerminalPage } from "./terminal-page.js";

const only = process.env.WVWASI_ENGINE;

/** The panel of a terminal, as a user sees it. */
class Panel {
	constructor(terminal) {
		this.terminal = terminal;
	}

	/** Runs in the page: fn(the panel's shadow root, the panel, ...args). */
	inside(fn, ...args) {
		return this.terminal.page.evaluate(`(async () => {
			const panel = document.querySelector("wvwasi-folders");
			return panel && (${fn})(panel.shadowRoot, panel, ...${JSON.stringify(args)});
		})()`);
	}

	until(what, fn, ...args) {
		return this.terminal.until(what, () => this.inside(fn, ...args));
	}

	/** Waits until there is such a row: its texts are name, mark and size. */
	row(name, { mark = "", size = "" } = {}) {
		return this.until(`a row ${name} ${mark} ${size}`, (root, panel, wanted) => [...root.querySelectorAll("[role=treeitem]")].some((row) =>
			row.querySelector(".name").textContent === wanted[0] && [".mark", ".size"].every((at, i) => row.querySelector(at).textContent.includes(wanted[i + 1]))),
		[name, mark, size]);
	}

	gone(name) {
		return this.until(`no row ${name}`, (root, panel, wanted) => ![...root.querySelectorAll(".row .name")].some((each) => each.textContent === wanted), name);
	}

	select(where) {
		return this.until(`${where} selected`, (root, panel, wanted) => panel.reveal(wanted), where);
	}

	/** Waits until this is the selected entry: what was made or renamed is, a moment after its row is there. */
	selected(where) {
		return this.until(`${where} to be selected`, (root, panel, wanted) => panel.selected === wanted, where);
	}

	/** Presses a button of the bar, once it can be pressed. */
	press(label) {
		return this.until(`the button ${label}`, (root, panel, wanted) => {
			const button = root.querySelector(`[aria-label="${wanted}"]:enabled`);
			button?.click();
			return button !== null;
		}, label);
	}

	/** Waits for a question with that title, gives it a name where that is asked, and presses a button. */
	answer(title, button, name = null, tick = false) {
		return this.until(`the question "${title}"`, (root, panel, ...wanted) => {
			const dialog = [...root.querySelectorAll("dialog[open]")].find((each) => each.querySelector("h2").textContent === wanted[0]);
			if (dialog && wanted[2] !== null)
				dialog.querySelector("input").value = wanted[2];
			if (dialog && wanted[3])
				dialog.querySelector("[type=checkbox]").checked = true;
			const pressed = dialog && [...dialog.querySelectorAll("button")].find((each) => each.textContent === wanted[1]);
			pressed?.click();
			return Boolean(pressed);
		}, title, button, name, tick);
	}

	status(pattern) {
		return this.until(`status ${pattern}`, (root, panel, wanted) => {
			const { textContent } = root.querySelector(".status");
			return new RegExp(wanted).test(textContent) && textContent;
		}, pattern.source);
	}

	/** What the page gives the browser to save. */
	async saved(act) {
		await this.terminal.page.evaluate(() => {
			window.saved = null;
			const create = URL.createObjectURL;
			HTMLAnchorElement.prototype.click = function () {
				window.savedName = this.download;
			};
			URL.createObjectURL = (blob) => {
				blob.arrayBuffer().then((buffer) => (window.saved = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("")));
				return create.call(URL, blob);
			};
		});
		await act();
		const text = await this.terminal.until("what is saved", () => this.terminal.page.evaluate(() => window.saved));
		return { name: await this.terminal.page.evaluate(() => window.savedName), bytes: Buffer.from(text, "latin1") };
	}
}

for (const name of engineNames.filter((each) => !only || only === each)) {
	const engine = await startEngine(name);

	const panelTest = (promise, { prepare = () => {}, flags = [] }, body) => test(promise, async () => {
		const terminal = await TerminalPage.open(engine, [python], { flags, size: [1280, 800] });
		try {
			prepare(terminal.folder);
			await terminal.seen(/^>>>$/m);
			await terminal.click("folders-open");
			await terminal.until("the panel", () => terminal.page.evaluate(() => document.querySelector("wvwasi-folders") !== null));
			await body(new Panel(terminal), terminal);
		} finally {
			await terminal.close();
		}
	});

	/* As a browser does: every engine lets a script make these. */
	const drop = (terminal, selector, files) => terminal.page.evaluate((where, given) => {
		const dataTransfer = new DataTransfer();
		for (const [fileName, text] of given)
			dataTransfer.items.add(new File([text], fileName));
		const event = new DragEvent("drop", { bubbles: true, cancelable: true, composed: true });
		Object.defineProperty(event, "dataTransfer", { value: dataTransfer });
		document.querySelector(where).dispatchEvent(event);
		return event.defaultPrevented;
	}, selector, files);

	describe(`folders, ${name}`, () => {
		after(() => engine.close());

		panelTest("the panel is live, and shows pictures; what is dropped on the terminal is copied, and its path is at the prompt; a folder is saved as a zip file", {
			prepare: (folder) => {
				fs.mkdirSync(path.join(folder, "data"));
				fs.writeFileSync(path.join(folder, "data/numbers.txt"), "12345");
				fs.writeFileSync(path.join(folder, "before.txt"), "");
				fs.copyFileSync("docs/screenshots/window.png", path.join(folder, "picture.png"));
			},
		}, async (panel, terminal) => {
			await panel.row("data");
			await panel.row("/work", { size: "3" });
			await panel.select("/work/picture.png");
			await panel.press("Show");
			await panel.until("the picture", (root) => root.querySelector("dialog img")?.naturalWidth > 0);
			await panel.inside((root) => root.querySelector("dialog").close());
			await terminal.type("open('/work/by a program.txt', 'w').write('x' * 2048)\r");
			await panel.row("by a program.txt", { mark: "new", size: "2.0 kB" });
			fs.appendFileSync(path.join(terminal.folder, "before.txt"), "and more".repeat(256));
			await panel.row("before.txt", { mark: "changed", size: "2.0 kB" });
			await terminal.type("open('");
			assert.equal(await drop(terminal, "#screen", [["Grüße.txt", "dropped"]]), true);
			await terminal.seen(/^>>> open\('\/work\/Grüße\.txt$/m);
			await terminal.type("').read()\r");
			await terminal.seen(/^'dropped'$/m);
			await panel.select("/work/data");
			const zip = await panel.saved(() => panel.press("Download"));
			assert.equal(zip.name, "data.zip");
			fs.writeFileSync(path.join(terminal.folder, "data.zip"), zip.bytes);
			await terminal.type("import zipfile; z = zipfile.ZipFile('/work/data.zip'); print(z.testzip(), z.namelist(), z.read('data/numbers.txt'))\r");
			await terminal.seen(/^None \['data\/', 'data\/numbers\.txt'\] b'12345'$/m);
			assert.deepEqual(await terminal.findings(), []);
		});

		if (name !== "chromium")
			return;

		/** Drops real files and folders of this machine, as a user's mouse does. */
		const dropReal = async (terminal, files, x, y) => {
			const cdp = await terminal.page.puppeteer.createCDPSession();
			for (const type of ["dragEnter", "dragOver", "drop"])
				await cdp.send("Input.dispatchDragEvent", { type, x, y, data: { items: [], files, dragOperationsMask: 1 } });
			await cdp.detach();
		};

		panelTest("a dropped folder of 1,000 files is copied; what is there already is asked about, for all at once", {}, async (panel, terminal) => {
			const outside = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-dropped-"));
			try {
				const folder = path.join(outside, "thousand");
				fs.mkdirSync(path.join(folder, "deep"), { recursive: true });
				for (let i = 0; i < 1000; i++)
					fs.writeFileSync(path.join(folder, i % 2 ? "deep" : ".", `${i}.txt`), `file ${i}\n`);
				fs.writeFileSync(path.join(folder, "large.bin"), Buffer.alloc(3 << 20, "large"));
				await panel.row("/work", { size: "empty" });
				await dropReal(terminal, [folder], 900, 400);
				assert.match(await panel.status(/copied/), /^1,001 files copied to \/work, 3\.2 MB$/);
				const same = () => {
					const names = fs.readdirSync(folder, { recursive: true }).sort();
					assert.deepEqual(fs.readdirSync(path.join(terminal.folder, "thousand"), { recursive: true }).sort(), names);
					for (const each of names.filter((one) => /\./.test(one)))
						assert.deepEqual(fs.readFileSync(path.join(terminal.folder, "thousand", each)), fs.readFileSync(path.join(folder, each)), each);
				};
				same();
				await terminal.seen(/^>>> \/work\/thousand$/m);
				fs.writeFileSync(path.join(folder, "large.bin"), "another");
				fs.writeFileSync(path.join(terminal.folder, "thousand/0.txt"), "mine");
				await dropReal(terminal, [folder], 900, 400);
				await panel.answer("There is such a file already", "Leave it out");
				await panel.answer("There is such a file already", "Replace it", null, true);
				await panel.status(/^1,001 files copied/);
				const left = fs.readdirSync(folder, { recursive: true }).filter((each) => /\./.test(each)
					&& !fs.readFileSync(path.join(terminal.folder, "thousand", each)).equals(fs.readFileSync(path.join(folder, each))));
				assert.equal(left.length <= 1 && left.every((each) => each === "0.txt" || each === "large.bin"), true, left.join());
				assert.deepEqual(fs.readdirSync(path.join(terminal.folder, "thousand"), { recursive: true }).sort(), fs.readdirSync(folder, { recursive: true }).sort(),
					"nothing is left beside");
				fs.writeFileSync(path.join(folder, "one.txt"), "one");
				await dropReal(terminal, [path.join(folder, "one.txt")], 100, 160);
				await panel.row("one.txt");
				await dropReal(terminal, [path.join(folder, "one.txt")], 100, 160);
				await panel.answer("There is such a file already", "Keep both");
				await panel.row("one (2).txt");
			} finally {
				fs.rmSync(outside, { recursive: true });
			}
		});

		panelTest("10,000 entries are few elements, and the page never stands still", {
			prepare: (folder) => {
				fs.mkdirSync(path.join(folder, "many"));
				for (let i = 0; i < 10_000; i++)
					fs.writeFileSync(path.join(folder, "many", `${i}.txt`), "");
			},
		}, async (panel, terminal) => {
			await panel.row("many");
			await terminal.page.evaluate(() => {
				let last = performance.now();
				window.worst = 0;
				setInterval(() => {
					window.worst = Math.max(window.worst, performance.now() - last);
					last = performance.now();
				}, 5);
			});
			const start = Date.now();
			await panel.select("/work/many/9999.txt");
			await panel.row("9999.txt", { size: "0 B" });
			const took = Date.now() - start, worst = await terminal.page.evaluate(() => window.worst);
			assert.ok(await panel.inside((root) => root.querySelectorAll("[role=treeitem]").length) < 80);
			assert.ok(worst < Math.max(300, took / 3), `the page stood still for ${Math.round(worst)} of ${took} ms`);
			fs.writeFileSync(path.join(terminal.folder, "many/10000.txt"), "12");
			await panel.select("/work/many/10000.txt");
			await panel.row("10000.txt", { mark: "new", size: "2 B" });
			const elements = await panel.inside((root) => root.querySelectorAll("*").length);
			assert.ok(elements < 1000, `${elements} elements`);
		});

		panelTest("folders are made, files renamed and removed, each after a question; a name that is taken is said", {
			prepare: (folder) => {
				for (const each of ["one.txt", "two.txt"])
					fs.writeFileSync(path.join(folder, each), each);
			},
		}, async (panel, terminal) => {
			await panel.row("two.txt");
			await panel.press("New folder");
			await panel.answer("New folder in /work", "Make it", "made/here");
			await panel.answer("New folder in /work", "Make it", "made");
			await panel.row("made");
			await panel.selected("/work/made");
			await panel.select("/work/one.txt");
			await panel.press("Rename");
			await panel.answer("Rename one.txt", "Rename", "two.txt");
			await panel.until("that it is taken", (root) => /“two\.txt” already/.test(root.querySelector("dialog .problem").textContent));
			await panel.answer("Rename one.txt", "Rename", "three.txt");
			await panel.row("three.txt");
			await panel.selected("/work/three.txt");
			assert.deepEqual(fs.readdirSync(terminal.folder).sort(), ["made", "three.txt", "two.txt"]);
			fs.writeFileSync(path.join(terminal.folder, "made/inner.txt"), "");
			await panel.select("/work/made");
			await panel.press("Remove");
			await panel.answer("Remove made?", "Cancel");
			assert.deepEqual(fs.readdirSync(path.join(terminal.folder, "made")), ["inner.txt"]);
			await panel.press("Remove");
			await panel.answer("Remove made?", "Remove");
			await panel.gone("made");
			assert.deepEqual(fs.readdirSync(terminal.folder).sort(), ["three.txt", "two.txt"]);
		});

		panelTest("several are selected: their paths are inserted, one zip file has them, one question removes them; the panel's edge is dragged, and stays", {
			prepare: (folder) => {
				for (const each of ["a.txt", "b b.txt", "c.txt", "d.txt"])
					fs.writeFileSync(path.join(folder, each), each);
			},
		}, async (panel, terminal) => {
			const { keyboard, mouse } = terminal.page.puppeteer;
			await panel.row("d.txt");
			const choose = (name, keys) => panel.inside((root, its, wanted, how) => [...root.querySelectorAll("[role=treeitem]")]
				.find((row) => row.querySelector(".name").textContent === wanted)
				.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, detail: 1, ...how })), name, keys);
			await choose("a.txt", {});
			await choose("b b.txt", { shiftKey: true });
			await choose("d.txt", { ctrlKey: true });
			assert.equal(await panel.status(/selected/), "3 selected");
			await panel.until("the rows, at the next frame", (root) => [...root.querySelectorAll("[aria-selected=true] .name")].map(({ textContent }) => textContent).sort().join() === "a.txt,b b.txt,d.txt");
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.screenshot(path.join(process.env.WVWASI_SCREENSHOTS ?? terminal.folder, "folders-several.png"));
			await panel.press("Insert the path");
			await terminal.seen(/^>>> \/work\/a\.txt '\/work\/b b\.txt' \/work\/d\.txt$/m);
			const zip = await panel.saved(() => panel.press("Download"));
			assert.equal(zip.name, "work.zip");
			for (const each of ["a.txt", "b b.txt", "d.txt"])
				assert.ok(zip.bytes.includes(each));
			await panel.press("Remove");
			await panel.answer("Remove 3 entries?", "Remove");
			await panel.gone("d.txt");
			await panel.row("c.txt");
			assert.deepEqual(fs.readdirSync(terminal.folder).filter((each) => each.endsWith(".txt")), ["c.txt"]);
			const width = () => terminal.page.evaluate(() => document.getElementById("folders").offsetWidth);
			const before = await width();
			await mouse.move(before, 400);
			await mouse.down();
			await mouse.move(before + 100, 400);
			await mouse.up();
			assert.ok(Math.abs(await width() - before - 100) <= 4, `${before} is ${await width()}`);
			await keyboard.press("ArrowLeft");
			const narrower = await width();
			assert.ok(Math.abs(narrower - before - 84) <= 4, `${narrower}`);
			await terminal.page.goto(await terminal.page.url());
			await panel.row("c.txt");
			assert.equal(await width(), narrower);
		});

		panelTest("by keyboard alone: to the panel, through it, a text shown, a path inserted, and back", {
			prepare: (folder) => fs.writeFileSync(path.join(folder, "it's.txt"), "what it says\n"),
		}, async (panel, terminal) => {
			const { keyboard } = terminal.page.puppeteer;
			const chord = async (...keys) => {
				for (const key of keys)
					await keyboard.down(key);
				for (const key of keys.reverse())
					await keyboard.up(key);
			};
			await panel.row("it's.txt");
			await chord("Control", "Shift", "E");
			await terminal.until("no panel", () => terminal.page.evaluate(() => document.getElementById("folders").hidden));
			await chord("Control", "Shift", "E");
			await keyboard.press("ArrowDown");
			await keyboard.press("Enter");
			await panel.until("the text", (root) => root.querySelector("dialog pre")?.textContent === "what it says\n");
			assert.deepEqual(await terminal.findings(), []);
			await keyboard.press("Escape");
			await panel.until("no dialog", (root) => root.querySelector("dialog") === null && root.activeElement?.role === "tree");
			await chord("Control", "Enter");
			await terminal.seen(/^>>> "\/work\/it's\.txt"$/m);
		});

		panelTest("what is granted read-only looks it, and nothing is dropped there", { flags: ["--dir", `${os.tmpdir()}::/fixed:ro`] }, async (panel, terminal) => {
			await panel.until("the tag", (root) => /\/fixed.*read-only/.test(root.querySelector(".rows").textContent));
			await panel.inside((root) => [...root.querySelectorAll("[role=treeitem]")].find((row) => /fixed/.test(row.textContent)).click());
			await panel.until("what can't be done there", (root) => [...root.querySelectorAll(".bar button:disabled")].map((each) => each.ariaLabel).join()
				=== "New folder,Copy files here,Show,Rename,Remove");
			assert.equal(await terminal.page.evaluate(() => document.querySelector("wvwasi-folders").target), "/work", "where a file goes that is dropped on the terminal");
			assert.equal(await panel.inside((root) => /\/tmp|\/dev/.test([...root.querySelectorAll(".name")].map((each) => each.textContent))), false);
		});

		panelTest("on a phone it is a sheet with targets of 44 px; in forced colours and at 200 % it has no findings", {
			prepare: (folder) => fs.writeFileSync(path.join(folder, "a.txt"), "a"),
		}, async (panel, terminal) => {
			const { puppeteer } = terminal.page;
			await panel.row("a.txt");
			await puppeteer.setViewport({ width: 400, height: 700, isMobile: true, hasTouch: true });
			const small = await panel.until("rows as high as a finger", (root) => root.querySelector(".probe").offsetHeight >= 44
				&& [...root.querySelectorAll("button")].filter((each) => each.offsetParent && (each.offsetWidth < 44 || each.offsetHeight < 44))
					.map((each) => each.ariaLabel));
			assert.deepEqual(small, []);
			assert.deepEqual(await terminal.findings(), []);
			const shots = process.env.WVWASI_SCREENSHOTS ?? terminal.folder;
			await terminal.page.screenshot(path.join(shots, "folders-phone.png"));
			const cdp = await puppeteer.createCDPSession();
			await cdp.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
			await puppeteer.setViewport({ width: 640, height: 400, deviceScaleFactor: 2 }); // which loads the page again, since it is another kind of screen
			await panel.row("a.txt");
			assert.deepEqual(await terminal.findings(), []);
			await terminal.page.screenshot(path.join(shots, "folders-forced.png"));
			assert.ok(await panel.inside((root) => root.querySelector(".rows").clientHeight) >= 90, "there is room for rows");
		});
	});
}
