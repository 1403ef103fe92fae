// A page asks for a folder or a file (--ask): GTK's dialog, in our window and, where there is a display, without one.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { after } from "node:test";

import { Session } from "../gateway/client.js";
import { binary as gatewayBinary } from "../gateway/gateway.js";
import { ASKED, answered, ask } from "../gateway/grants-fixture.js";
import { test } from "../testing.js";
import { Fixture, LINE } from "./fixture.js";

const fixture = await Fixture.open({ width: 1300, height: 1000 });
after(() => fixture.close());
const { screen } = fixture;
const at = (...names) => path.join(fixture.home, ...names);
for (const folder of ["notes", ".secret"])
	fs.mkdirSync(at(folder));
fs.writeFileSync(at("notes/todo.txt"), "water");

/** Types a path into the dialog, and presses Enter until it is taken: at first keys grant nothing. @param {() => boolean | Promise<boolean>} taken */
async function choose(title, text, taken) {
	const dialog = await screen.window(title);
	await screen.type(dialog, text);
	return fixture.until(async () => {
		await screen.press(dialog, "Return").catch(() => {}); // it may have gone
		return taken();
	}, text);
}

const grants = (gateway) => new Promise((resolve) => {
	gateway.events.once("grants", (event) => resolve(event.grants));
	gateway.say({ do: "grants" });
});

test("in the window: a hidden folder is refused and the dialog stays, another one is granted, and the page's picker has it", () => fixture.withWindow(
	{ args: ["--webview", "--ask"], query: "asks=showDirectoryPicker" }, async ({ gateway }) => {
		const dialog = await screen.window("^Grant a folder$");
		await choose("^Grant a folder$", at(".secret"), () => screen.sees(LINE, 1000, 1000).catch(() => false));
		fixture.photograph("dialog-refused");
		assert.deepEqual(await grants(gateway), []);
		await screen.press(dialog, "ctrl+a");
		await choose("^Grant a folder$", at("notes"), async () => (await grants(gateway)).length === 1);
		assert.deepEqual(await fixture.report("picked"), { path: "/notes", names: ["todo.txt"], readwrite: "granted" });
		await screen.gone("^Grant a folder$");
	}));

test("without a window, on a desktop: a dialog alone; Escape is a no, a file is granted without what is beside it, and a display that isn't there is nobody", async () => {
	const run = async (env) => {
		const child = spawn(gatewayBinary, ["--port", "0", "--root", fixture.root, "--ask"],
			{ env: { ...process.env, ...fixture.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
		after(() => child.kill());
		for await (const line of readline.createInterface({ input: child.stdout })) {
			const [link] = /http:\/\/localhost:\d+\/_wvwasi\/enter#\S*/.exec(line) ?? [];
			if (!link)
				continue;
			const { origin: url, port } = new URL(link), session = await Session.enter({ ready: { url, port: Number(port) }, link: async () => link });
			return { child, wire: await session.connect() };
		}
		throw new Error("it has ended");
	};
	const { child, wire } = await run({});
	let number = 0, verdict;
	const asks = (mode) => {
		verdict = null;
		ask(wire, ++number, mode);
		answered(wire, number).then((answer) => (verdict = answer), () => {}); // the last one is withdrawn
	};

	asks(0);
	await choose("^Grant a folder$", at("notes"), () => verdict !== null);
	assert.deepEqual(verdict, { number: 1, verdict: ASKED.GRANTED, readonly: true, path: "/notes" }, "the page wanted to read, and that is what is proposed");
	await screen.gone("^Grant a folder$");

	asks(1);
	await screen.press(await screen.window("^Grant a folder$"), "Escape");
	await fixture.until(() => verdict, "the no");
	assert.equal(verdict.verdict, ASKED.NO);

	asks(4);
	await choose("^Grant a file$", at("notes/todo.txt"), () => verdict !== null);
	assert.deepEqual(verdict, { number: 3, verdict: ASKED.GRANTED, readonly: false, path: "/file/todo.txt" });

	asks(5);
	await choose("^Save as$", at("notes/new.txt"), () => verdict !== null);
	assert.deepEqual(verdict, { number: 4, verdict: ASKED.GRANTED, readonly: false, path: "/file-2/new.txt" });
	assert.equal(fs.readFileSync(at("notes/new.txt"), "utf8"), "");

	asks(1);
	const dialog = await screen.window("^Grant a folder$");
	fixture.photograph("dialog-alone");
	ask(wire, number, 2); // the page doesn't wait any more
	await screen.gone("^Grant a folder$");
	assert.ok(dialog);
	await wire.close();
	child.kill();

	const nowhere = await run({ DISPLAY: ":987" });
	ask(nowhere.wire, 1, 0);
	assert.equal((await answered(nowhere.wire, 1)).verdict, ASKED.NOBODY);
	await nowhere.wire.close();
	nowhere.child.kill();
});
