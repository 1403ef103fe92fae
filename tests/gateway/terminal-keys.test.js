// The keys at the gateway's own terminal act at once, questions come back until they are answered, and the terminal is as it was whenever somebody else has it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { within } from "../engines/deadline.js";
import { HELLO, Session } from "./client.js";
import { binary } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-keys-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));
const env = { ...process.env, XDG_STATE_HOME: path.join(base, "state"), XDG_DATA_HOME: path.join(base, "data") };
const LINK = /http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}&to=\/\S*/;

/** A shell with job control on a terminal, and the gateway in it. */
async function startInShell(...flags) {
	const child = spawn("script", ["-qefc", "bash --norc --noprofile --noediting -i", "/dev/null"], { env, stdio: "pipe" });
	let text = "", wake = () => {};
	child.stdout.setEncoding("latin1").on("data", (more) => {
		text += more;
		wake();
	});
	const ended = new Promise((resolve) => child.once("close", resolve));
	after(() => child.kill("SIGKILL"));
	const shell = {
		type: (keys) => child.stdin.write(keys),
		get length() {
			return text.length;
		},
		async hear(pattern, from = 0) {
			for (const deadline = Date.now() + 10_000; ;) {
				const match = pattern.exec(text.slice(from));
				if (match)
					return match;
				await within(new Promise((resolve) => (wake = resolve)), deadline - Date.now(), `${pattern} in '${text.slice(from)}'`);
			}
		},
		/** What follows these keys. */
		hears(keys, pattern) {
			const from = text.length;
			shell.type(keys);
			return shell.hear(pattern, from);
		},
		async leave() {
			shell.type("exit\r");
			await within(ended, 5000, "the shell's end");
		},
	};
	await shell.hear(/bash-\S+[#$] $/);
	const [link] = await shell.hears(`${[binary, "--port", "0", "--root", base, ...flags].join(" ")}\r`, LINK);
	const url = new URL(link);
	shell.ready = { url: url.origin, port: Number(url.port), link };
	shell.link = async () => link;
	await shell.hear(/q: quit/);
	return shell;
}

const mode = async (shell) => (await shell.hears("stty -a\r", /[ -]icanon[^]*? -?echo .*[^]*?bash-\S+[#$] $/))[0];
const isAsFound = (text) => / icanon/.test(text) && / echo /.test(text);

test("a letter acts without Enter, an Enter right behind it belongs to it, and r asks for a number", async () => {
	const shell = await startInShell();
	const session = await Session.enter(shell);
	await shell.hears("l", /no\. {2}does [^]*1 {2}/);
	const from = shell.length;
	await shell.hears("l\r", /no\. {2}does /);
	await shell.hears("?", /r: throw out; q: quit/);
	assert.doesNotMatch((await shell.hear(/[^]*/, from))[0], LINK);
	await shell.hears("r", /which number/);
	await shell.hears("7\r", /no session 7/);
	await shell.hears("r1\r", /[^]/);
	await assert.rejects(async () => { // until the gateway has heard
		for (let i = 0; i < 100; i++)
			await session.tickets();
	}, { status: 401 });
	await shell.hears("q", /bash-\S+[#$] $/);
	assert.ok(isAsFound(await mode(shell)), "after q");
	await shell.leave();
});

test("the terminal is as it was after Ctrl-Z, a program that reads it, Ctrl-C, and a fault", async () => {
	const shell = await startInShell();
	await shell.hears("\x1a", /Stopped[^]*bash-\S+[#$] $/);
	assert.ok(isAsFound(await mode(shell)), "after Ctrl-Z");
	await shell.hears("fg\r", /wvwasi-gw/);
	await shell.hears("l", /nobody is in/);
	const wire = await (await Session.enter(shell)).connect({ flags: HELLO.NEW | 64 });
	const read = wire.call("fd_read", [0, 0n, 100]);
	await shell.hear(/What is typed here is the program's now/);
	await shell.hears("to the program\r", /to the program/); // echoed
	await read;
	await wire.close();
	await shell.hears("\x03", /bash-\S+[#$] $/);
	assert.ok(isAsFound(await mode(shell)), "after Ctrl-C");
	await shell.hears(`${binary} --port 0 --root ${base}\r`, /q: quit/);
	await shell.hears("\x1c", /(Quit|core)[^]*bash-\S+[#$] $/);
	assert.ok(isAsFound(await mode(shell)), "after SIGQUIT");
	await shell.leave();
});
