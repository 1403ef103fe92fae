// The File System API on a granted folder, in three engines: the standard's promises, and the same cases on Chromium's own (OPFS) beside ours.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway } from "../gateway/gateway.js";
import { after, test } from "../testing.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-files-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
for (const folder of ["work", "readonly"])
	fs.mkdirSync(path.join(base, folder));
fs.writeFileSync(path.join(base, "readonly/f"), "kept");
const pages = fileURLToPath(new URL("../pages/files", import.meta.url));
const at = (...names) => path.join(base, "work", ...names);

/** Where ours isn't what the standard says. */
const OURS = { "a file handle can be cloned": "DataCloneError" }; // an object of ours, not of the browser's
/** Where Chromium's own outcome is another. */
const CHROMIUM = {
	"getFileHandle: names with letters of all kinds": "TypeError", // refused on all systems as Windows refuses them
	"getFileHandle: a name that is too long": {}, // its file system has no bound for names: a handle
	"a file that is written isn't listed twice": ["f", "f.crswap"],
	"getFile: a folder has come in its place": {}, // a File that can't be read
	"write: seek to null": ["SyntaxError", "TypeError", "kept"], // the standard before 2023
	"write: truncate to null": ["SyntaxError", "TypeError", "kept"],
	"write: an unknown type": ["TypeError", "done", ""], // its write() converts before it queues, so the stream goes on
	"write: null": ["TypeError", "done", ""],
	"an error ends the stream and its lock": ["TypeError", "TypeError", "NoModificationAllowedError"], // it keeps the lock until the garbage collection
	"createWritable: the file, or its folder, is gone": "NoModificationAllowedError", // likewise
	"move: into a folder, with and without a name": "TypeError", // it refuses move(folder, "")
	"move: a folder, with what is in it": "TypeError", // it has no move() for folders
	"move: a folder into itself": "TypeError",
	"unobserve and disconnect, again and again": "TypeError", // it has no unobserve()
};

/** What isn't as wanted, or as these differences say. */
const failures = (results, differences) => results.map(({ name, wanted, given }) => ({ name, wanted: differences[name] ?? wanted, given }))
	.filter(({ wanted, given }) => JSON.stringify(wanted) !== JSON.stringify(given?.error && typeof wanted === "string" ? given.error : given));

for (const name of engineNames) {
	const ends = [];
	let opening = null;
	const opened = () => (opening ??= open());
	let engine, gateway;

	async function open() {
		gateway = await startGateway(["--root", pages, "--dir", `${base}/work::/work`, "--dir", `${base}/readonly::/readonly:ro`]);
		ends.unshift(() => gateway.stop());
		engine = await startEngine(name);
		ends.unshift(() => engine.close());
		return other();
	}

	async function other() {
		const page = await engine.open(linkTo(await gateway.link(), "/"));
		await page.waitFor(() => window.suite);
		return page;
	}
	after(async () => {
		for (const end of ends)
			await end();
	});

	test(`${name}: the standard's promises, in a page`, async () => {
		assert.deepEqual(failures(await (await opened()).evaluate(() => window.suite.run(false)), OURS), []);
	});

	test(`${name}: the standard's promises, in a worker`, async () => {
		assert.deepEqual(failures(await (await opened()).evaluate(() => window.suite.runInWorker("all", false)), OURS), []);
	});

	test(`${name}: access handles that block`, async () => {
		assert.deepEqual(failures(await (await opened()).evaluate(() => window.suite.runInWorker("sync", false)), OURS), []);
	});

	test(`${name}: changes are told`, async () => {
		assert.deepEqual(failures(await (await opened()).evaluate(() => window.suite.observe(false)), OURS), []);
	});

	test(`${name}: what others change is told, moves as moves`, async () => {
		const page = await opened();
		fs.mkdirSync(at("observed/d"), { recursive: true });
		fs.writeFileSync(at("observed/f"), "1");
		await page.evaluate(async () => {
			window.told = [];
			window.observer = new window.suite.files.FileSystemObserver((records) => {
				for (const { type, relativePathComponents, relativePathMovedFrom } of records)
					window.told.push([type, relativePathComponents.join("/"), ...relativePathMovedFrom ? [relativePathMovedFrom.join("/")] : []].join(" "));
			});
			await window.observer.observe(await window.suite.files.getDirectoryHandle("/work/observed"), { recursive: true });
		});
		for (const [change, wanted] of [
			[() => fs.writeFileSync(at("observed/new"), ""), "appeared new"],
			[() => fs.appendFileSync(at("observed/new"), "x"), "modified new"],
			[() => fs.renameSync(at("observed/new"), at("observed/d/moved")), "moved d/moved new"],
			[() => fs.renameSync(at("observed/f"), at("observed/d/moved")), "moved d/moved f"],
			[() => fs.renameSync(at("observed/d"), at("observed/e")), "moved e d"],
			[() => fs.appendFileSync(at("observed/e/moved"), "x"), "modified e/moved"],
			[() => fs.renameSync(at("observed/e"), at("outside")), "disappeared e"],
			[() => fs.renameSync(at("outside"), at("observed/back")), "appeared back/moved"],
			[() => fs.rmSync(at("observed/back/moved")), "disappeared back/moved"],
			[() => fs.rmSync(at("observed"), { recursive: true }), "errored "],
		]) {
			change();
			await page.waitFor(`window.told.includes(${JSON.stringify(wanted)})`).catch(async (error) => {
				throw new Error(`no '${wanted}' in ${JSON.stringify(await page.evaluate(() => window.told))}`, { cause: error });
			});
		}
	});

	test(`${name}: a file of 20 MB is read piece by piece, as it was, and the browser's own functions refuse it`, async () => {
		const bytes = Buffer.alloc(20_000_000, "0123456789");
		fs.writeFileSync(at("large"), bytes);
		const seen = await (await opened()).evaluate(async () => {
			const thrown = async (work) => {
				try {
					return String(await work());
				} catch (error) {
					return error.name;
				}
			};
			const handle = await window.suite.files.getFileHandle("/work/large"), file = await handle.getFile();
			let streamed = 0, right = true;
			for (const reader = file.stream().getReader(); ;) {
				const { done, value } = await reader.read();
				if (done)
					break;
				right &&= value[0] === 0x30 + streamed % 10;
				streamed += value.length;
			}
			const copy = await window.suite.put(await window.suite.files.getDirectoryHandle("/work"), "copy", file);
			const part = file.slice(-5), after = file.slice(10, 20);
			const refused = [];
			for (const work of [() => URL.createObjectURL(file), () => new Blob([file]), () => new Response(file).text(), () => structuredClone(file),
				() => new FormData().append("file", file)])
				refused.push(await thrown(work));
			const before = [file instanceof File, file.size, streamed, right, await part.text(), (await copy.getFile()).size];
			const stream = await handle.createWritable({ keepExistingData: true });
			await stream.write("x");
			await stream.close();
			return [...before, refused.join(), await thrown(() => after.text())];
		});
		assert.deepEqual(seen, [true, bytes.length, bytes.length, true, "56789", bytes.length, "TypeError,TypeError,TypeError,DataCloneError,TypeError",
			"NotReadableError"]);
		assert.ok(fs.readFileSync(at("copy")).equals(bytes));
		bytes.write("x");
		assert.ok(fs.readFileSync(at("large")).equals(bytes));
	});

	test(`${name}: in a folder that was granted read-only nothing is changed`, async () => {
		const seen = await (await opened()).evaluate(async () => {
			const { of, files } = window.suite;
			const folder = await files.getDirectoryHandle("/readonly"), handle = await folder.getFileHandle("f");
			return [await folder.queryPermission(), await handle.requestPermission({ mode: "readwrite" }), await window.suite.read(handle),
				await of(handle.createWritable()), await of(handle.remove()), await of(handle.move("g")), await of(folder.getFileHandle("new", { create: true })),
				await of(folder.getDirectoryHandle("new", { create: true })), await of(files.getDirectoryHandle("/elsewhere"))];
		});
		assert.deepEqual(seen, ["granted", "denied", "kept", ...Array(5).fill("NotAllowedError"), "NotFoundError"]);
		assert.deepEqual(fs.readdirSync(path.join(base, "readonly")), ["f"]);
	});

	test(`${name}: links are what they lead to within the folder, are replaced by nothing, and removed alone`, async () => {
		fs.rmSync(at("links"), { recursive: true, force: true });
		fs.mkdirSync(at("links/d"), { recursive: true });
		fs.mkdirSync(at("target"), { recursive: true });
		fs.writeFileSync(at("target/f"), "kept");
		fs.writeFileSync(at("links/f"), "old");
		fs.writeFileSync(path.join(base, "secret"), "secret");
		for (const [name, to] of [["link", "f"], ["d/folder", "../../target"], ["out", "../../secret"], ["nowhere", "missing"]])
			fs.symlinkSync(to, at("links", name));
		const seen = await (await opened()).evaluate(async () => {
			const { files, names, of, put, read } = window.suite;
			const folder = await files.getDirectoryHandle("/work/links");
			const seen = [await names(folder), await of(folder.getFileHandle("out")), await of(folder.getFileHandle("nowhere"))];
			const link = await put(folder, "link", "new");
			seen.push(await read(link), await of(folder.removeEntry("d", { recursive: true })), await of(folder.removeEntry("out")));
			return seen;
		});
		assert.deepEqual(seen, [["d/", "f", "link"], "NotAllowedError", "NotFoundError", "new", "done", "done"]);
		assert.equal(fs.readlinkSync(at("links/link")), "f");
		assert.equal(fs.readFileSync(at("links/f"), "utf8"), "new");
		assert.deepEqual([fs.readFileSync(at("target/f"), "utf8"), fs.readFileSync(path.join(base, "secret"), "utf8")], ["kept", "secret"]);
		assert.deepEqual(fs.readdirSync(at("links")).sort(), ["f", "link", "nowhere"]);
	});

	test(`${name}: a lock holds in another page, and ends with its own`, async () => {
		const first = await opened(), second = await other();
		await first.evaluate(async () => {
			const handle = await window.suite.put(await window.suite.files.getDirectoryHandle("/work"), "locked", "kept");
			await (await handle.createWritable({ mode: "exclusive" })).write("new");
		});
		const write = () => second.evaluate(async () =>
			window.suite.of(window.suite.files.getFileHandle("/work/locked").then((handle) => handle.createWritable()).then((stream) => stream.abort())));
		assert.equal(await write(), "NoModificationAllowedError");
		await first.close();
		await second.evaluate(() => navigator.locks.request("wvwasi-files:exclusive:/work/locked", () => {})); // the browser frees it in its time
		assert.equal(await write(), "done");
		assert.equal(fs.readFileSync(at("locked"), "utf8"), "kept");
	});
}

test("chromium's own file system does the same, but for the differences that are listed", async () => {
	const gateway = await startGateway(["--root", pages]), engine = await startEngine("chromium");
	try {
		const page = await engine.open(linkTo(gateway.ready.link, "/"));
		await page.waitFor(() => window.suite);
		for (const results of [await page.evaluate(() => window.suite.run(true)), await page.evaluate(() => window.suite.runInWorker("sync", true)),
			await page.evaluate(() => window.suite.observe(true))])
			assert.deepEqual(failures(results, CHROMIUM), []);
	} finally {
		await engine.close();
		await gateway.stop();
	}
});
