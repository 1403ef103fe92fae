// Folders that the user grants while the page is open: files.js's pickers ask, a program started with the handle sees the folder, and what is taken back is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { engineNames, startEngine } from "../engines/index.js";
import { linkTo, startGateway, top } from "../gateway/gateway.js";
import { auditPage } from "./audit.js";
import { after, test } from "../testing.js";

const SHOTS = process.env.WVWASI_SCREENSHOTS;
const PAGE = `<!doctype html><html lang="en"><title>An editor</title><link rel="icon" href="data:,"><h1>An editor</h1><script type="module">
	import * as files from "/_wvwasi/files.js";
	import { run } from "/_wvwasi/wvwasi.js";
	window.app = { files, run };
	/** What comes of work: in window.result, an error by its name. */
	window.begin = (work) => {
		window.result = undefined;
		work(files, run).then((value) => (window.result = value ?? null), (error) => (window.result = { error: error.name, message: error.message }));
	};
</script>`;

/** As the user: presses the button of the picker that has this text, once it is there. */
async function press(page, text) {
	const button = `[...document.querySelector(".wvwasi-picker")?.shadowRoot.querySelectorAll("button") ?? []].find((each) => each.textContent.endsWith(${
		JSON.stringify(text)}))`;
	await page.waitFor(`${button} !== undefined`);
	await page.evaluate(`${button}.click()`);
}
const says = (page, text) => page.waitFor(`document.querySelector(".wvwasi-picker")?.shadowRoot.querySelector("output").value.includes(${JSON.stringify(text)})`);

for (const name of engineNames) {
	test(`${name}: pickers ask for a folder and files, the user names them, programs get them, and they are taken back`, async () => {
		const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-granted-"))), home = path.join(base, "home");
		for (const folder of ["root", "home/notes", "home/pictures"])
			fs.mkdirSync(path.join(base, folder), { recursive: true });
		fs.writeFileSync(path.join(home, "notes/todo.txt"), "water");
		fs.writeFileSync(path.join(base, "root/index.html"), PAGE);
		for (const guest of ["files.wasm", "acts.wasm"])
			fs.copyFileSync(path.join(top, "build/guests", guest), path.join(base, "root", guest));
		fs.truncateSync(fs.openSync(path.join(home, "notes/large"), "w"), 17 << 20);
		fs.writeFileSync(path.join(home, "notes/tool.sh"), "#!/bin/sh\n", { mode: 0o755 });
		const gateway = await startGateway(["--root", path.join(base, "root"), "--ask"], { env: { HOME: home } });
		const engine = await startEngine(name);
		let asked = 0;
		const answer = async (how) => {
			const { question } = await gateway.next("question", ({ question: number }) => number > asked);
			asked = question;
			gateway.say({ do: "answer", question, ...how });
		};
		try {
			const page = await engine.open(linkTo(gateway.ready.link, "/"));
			await page.waitFor(() => window.app);

			// The user says no.
			await page.evaluate(() => window.begin((files) => files.showDirectoryPicker()));
			await press(page, "Another folder…");
			await says(page, "look at its terminal");
			assert.deepEqual(await auditPage(page), []);
			if (SHOTS)
				await page.screenshot(path.join(SHOTS, `picker-${name}.png`));
			await answer({ yes: false });
			assert.equal((await page.waitFor(() => window.result)).error, "AbortError");

			// Closing the picker takes the question back.
			await page.evaluate(() => window.begin((files) => files.showOpenFilePicker()));
			await press(page, "Another folder…");
			asked = (await gateway.next("question", ({ question: number }) => number > asked)).question;
			await press(page, "Cancel");
			assert.equal((await page.waitFor(() => window.result)).error, "AbortError");

			// The user names a folder.
			await page.evaluate(() => window.begin(async (files) => {
				window.handle = await files.showDirectoryPicker({ mode: "readwrite" });
				const file = await window.handle.getFileHandle("todo.txt");
				const stream = await file.createWritable({ keepExistingData: true });
				await stream.write({ type: "write", position: 5, data: " the plants" });
				await stream.close();
				return [window.handle.path, window.handle.name, await (await file.getFile()).text(), await window.handle.queryPermission({ mode: "readwrite" })];
			}));
			await press(page, "Another folder…");
			await answer({ folder: "~/notes" });
			assert.deepEqual(await page.waitFor(() => window.result), ["/notes", "notes", "water the plants", "granted"]);
			assert.equal(fs.readFileSync(path.join(home, "notes/todo.txt"), "utf8"), "water the plants");

			// What replaces a file has its mode.
			await page.evaluate(async () => {
				const stream = await (await window.handle.getFileHandle("tool.sh")).createWritable();
				await stream.write("#!/bin/sh\necho it works\n");
				await stream.close();
			});
			assert.equal(execFileSync(path.join(home, "notes/tool.sh"), { encoding: "utf8" }), "it works\n");

			// The user grants a file: the page gets that one, and nothing beside it.
			for (const [picker, button, file] of [["showOpenFilePicker", "Another file…", "notes/todo.txt"], ["showSaveFilePicker", "Another file…", "pictures/new.txt"]]) {
				await page.evaluate((which) => window.begin(async (files) => {
					const [handle] = [await files[which]()].flat(), folder = await files.getDirectoryHandle(handle.path.slice(0, handle.path.lastIndexOf("/")));
					const stream = await handle.createWritable({ keepExistingData: true }), names = [];
					await stream.write("Water");
					await stream.close();
					for await (const name of folder.keys())
						names.push(name);
					const beside = [["tool.sh"], ["none"], ["x", { create: true }]].map((which) => folder.getFileHandle(...which).catch((error) => error.name));
					return [handle.name, await (await handle.getFile()).text(), names, ...await Promise.all(beside)];
				}), picker);
				await press(page, button);
				if (SHOTS)
					await page.screenshot(path.join(SHOTS, `picker-file-${name}.png`));
				await answer({ folder: `~/${file}` });
				assert.deepEqual(await page.waitFor(() => window.result), [path.basename(file), picker === "showOpenFilePicker" ? "Water the plants" : "Water",
					[path.basename(file)], "NotAllowedError", "NotAllowedError", "NotAllowedError"]);
			}
			assert.equal(fs.readFileSync(path.join(home, "pictures/new.txt"), "utf8"), "Water");

			// A program gets it, by the handle and by its name; one that is granted from another terminal is there, too.
			gateway.say({ do: "grant", folder: "~/pictures:ro" });
			const pictures = (await gateway.next("granted", (event) => event.name === "/pictures")).grant;
			assert.deepEqual(await page.evaluate(async () => {
				const { files, run } = window.app;
				const { exitCode, stderr } = await run("/files.wasm", { preopens: { "/": window.handle }, stdout: "capture", stderr: "capture" });
				const all = (await files.grantedDirectories()).map(({ path }) => path).sort();
				const folder = await files.getDirectoryHandle("/pictures");
				return [exitCode, new TextDecoder().decode(stderr), all, await folder.queryPermission({ mode: "readwrite" }), await folder.queryPermission()];
			}), [0, "", ["/", "/file", "/file-2", "/notes", "/pictures", "/tmp"], "denied", "granted"]);

			// A program that has the folder's names and a file in its cache, and a File that is read piece by piece.
			await page.evaluate(async () => {
				const { run } = window.app, looks = ["get /notes/todo.txt", "stat /notes/todo.txt", "list /notes", "stat /notes/none"];
				window.said = "";
				window.large = await (await window.handle.getFileHandle("large")).getFile();
				window.streamed = (await new Response(window.large.stream()).arrayBuffer()).byteLength;
				window.served = performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/_wvwasi/bytes?")).length;
				window.reader = window.large.stream().getReader();
				await window.reader.read();
				window.ended = run("/acts.wasm", { args: ["acts", ...looks, ...looks, "create 0 /notes/kept", "write 0 1000 x", "say before", "until /go", ...looks,
					"say after"], stdout: (bytes) => (window.said += new TextDecoder().decode(bytes)) });
			});
			await page.waitFor(() => window.said.includes("before"));
			assert.deepEqual(await page.evaluate(() => [window.streamed, window.served > 0]), [17 << 20, true]);

			// Taken back in the middle of writes: what was told is there, the next one fails by the standard's name.
			await page.evaluate(() => window.begin(async () => {
				const file = await window.handle.getFileHandle("journal", { create: true });
				for (window.written = 0; ;) {
					const stream = await file.createWritable({ keepExistingData: true });
					await stream.write({ type: "write", position: window.written, data: "x" });
					await stream.close();
					window.written++;
				}
			}));
			await page.waitFor(() => window.written > 3);
			const { grants } = await new Promise((resolve) => {
				gateway.events.once("grants", resolve);
				gateway.say({ do: "grants" });
			});
			gateway.say({ do: "ungrant", grant: grants.find((each) => each.name === "/notes").grant });
			gateway.say({ do: "ungrant", grant: pictures });
			assert.equal((await page.waitFor(() => window.result)).error, "NotAllowedError");
			const written = await page.evaluate(() => window.written);
			assert.ok([written, written + 1].includes(fs.statSync(path.join(home, "notes/journal")).size), `${written} were told, there are ${fs.statSync(path.join(home, "notes/journal")).size}`);
			assert.deepEqual(await page.evaluate(async () => [await window.handle.queryPermission(),
				await window.handle.getFileHandle("todo.txt").catch((error) => error.name),
				await window.large.slice(0, 9).text().catch((error) => error.name),
				await (async () => {
					while (!(await window.reader.read()).done)
						;
				})().catch((error) => error.name),
				(await window.app.files.grantedDirectories()).map(({ path }) => path).sort()]), ["denied", "NotAllowedError", "NotAllowedError", "NotAllowedError", ["/", "/file", "/file-2", "/tmp"]]);
			fs.writeFileSync(path.join(base, "root/go"), "");
			const { said } = await page.evaluate(async () => ({ ...await window.ended, said: window.said }));
			assert.match(said, /^after -76 -76 -76 -76$/m, "nothing of the cache is left");
			assert.equal(fs.readFileSync(path.join(home, "notes/kept"), "utf8"), "x".repeat(1000), "and what it was told is there");

		} finally {
			await engine.close();
			await gateway.stop();
			fs.rmSync(base, { recursive: true, force: true });
		}
	});
}
