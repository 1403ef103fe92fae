// --ask at the user's side: the lock, the terminal's line, another terminal, and what --remember keeps.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { within } from "../engines/deadline.js";
import { Session, handle } from "./client.js";
import { ASKED, NOTCAPABLE, answered, ask, openGranting, read, seen } from "./grants-fixture.js";
import { binary } from "./gateway.js";
import { after, test } from "../testing.js";

/** The lock's rules: [folder, what may be done]. @returns {string[]} */
function rulesOf(base, args) {
	const log = path.join(base, "strace"), env = { ...process.env, HOME: path.join(base, "home"), XDG_STATE_HOME: path.join(base, "state"), TMPDIR: base };
	const child = spawn("strace", ["-f", "-qq", "-y", "-o", log, "-e", "trace=landlock_create_ruleset,landlock_add_rule,landlock_restrict_self",
		binary, "--json", "--port", "0", "--root", path.join(base, "app"), "--dir", `${base}/home/notes/deep::/work`, "--dir", `${base}/outside::/out:ro`, ...args],
	{ env, stdio: ["pipe", "pipe", "inherit"] });
	return new Promise((resolve) => {
		child.stdout.once("data", () => child.stdin.end());
		child.once("close", () => resolve(fs.readFileSync(log, "utf8").trim().split("\n").map((line) => line.replace(/^\d+ +/, "").replaceAll(base, "BASE")
			.replace(/\d+</g, "<")).filter((line) => line.startsWith("landlock"))));
	});
}

test("the lock's rules: without --ask those of the grants, with it also the folders of the home folder that aren't hidden, with --ask=DIR that", async () => {
	const fixture = await openGranting();
	await fixture.close({ keep: true });
	const base = fixture.base, plain = await rulesOf(base, []), home = await rulesOf(base, ["--ask"]), one = await rulesOf(base, [`--ask=${base}/home/pictures`]);
	const paths = (rules) => rules.flatMap((rule) => rule.match(/parent_fd=<([^>]*)>/)?.[1] ?? []).sort();
	const scratch = `BASE/wvwasi-gw-${process.getuid()}`;
	assert.deepEqual(paths(plain), ["BASE/app", "BASE/app", "BASE/home/notes/deep", "BASE/outside", scratch].sort());
	assert.deepEqual(paths(home), [...paths(plain), "BASE/home/notes", "BASE/home/pictures"].sort());
	assert.deepEqual(paths(one), [...paths(plain), "BASE/home/pictures"].sort());
	assert.deepEqual(home.filter((rule) => plain.includes(rule)), plain, "and those of the grants are the same");
	assert.ok(plain.every((rule) => !/= -1/.test(rule)), plain.join("\n"));
	fs.rmSync(base, { recursive: true, force: true });
});

test("which folder --ask takes: none that holds the home folder, none that is hidden, none that isn't there", async () => {
	const fixture = await openGranting();
	for (const [dir, why] of [[fixture.base, /holds your home folder/], ["/", /holds your home folder/], [fixture.at(".secret"), /hidden folder/],
		[fixture.at("none"), /No such file/], [fixture.at("notes/todo"), /Not a directory/]])
		await assert.rejects(openGranting([], { ask: `--ask=${dir}`, base: fixture.base }), (error) => why.test(error.message) && error.code === 2, dir);
	const own = await openGranting([], { ask: `--ask=${fixture.base}/outside`, base: fixture.base });
	const granted = await own.told({ do: "grant", folder: "." }, "granted", "error");
	assert.equal(granted.name, "/outside", granted.error);
	fs.mkdirSync(path.join(fixture.base, "outside/late"));
	assert.equal((await own.told({ do: "grant", folder: "late" }, "granted", "error")).name, "/late");
	assert.match((await own.told({ do: "grant", folder: "~/notes" }, "granted", "error")).error, /isn't in/);
	const wire = await own.session.connect();
	assert.equal(await read(wire, "/outside", "passwd"), "outside/passwd");
	await wire.close();
	await own.close({ keep: true });
	await fixture.close();
});

test("--remember: grants hold at the next start, of the same folder alone; not without it", async () => {
	const port = [], first = await openGranting(["--remember"], { port }), { base } = first;
	await first.told({ do: "grant", folder: "notes:ro" }, "granted");
	await first.told({ do: "grant", folder: "pictures::/mine" }, "granted");
	const asking = await first.session.connect();
	ask(asking, 1, 3);
	await first.told({ do: "answer", question: (await first.question()).question, folder: "notes/todo" }, "granted");
	const { grant } = await first.told({ do: "grant", folder: "notes/deep" }, "granted");
	await first.told({ do: "ungrant", grant }, "grants");
	await first.close({ keep: true });
	const folder = path.join(base, "state/wvwasi-gw"), [file] = fs.readdirSync(folder).filter((name) => name.endsWith(".grants"));
	assert.equal(fs.statSync(path.join(folder, file)).mode & 0o777, 0o600);

	const again = await openGranting(["--remember"], { port, base });
	const wire = await again.session.connect();
	assert.deepEqual([seen(wire)["/notes"], seen(wire)["/mine"], seen(wire)["/deep"]], [true, false, undefined]);
	assert.equal(await read(wire, "/mine", "sun"), "home/pictures/sun");
	assert.equal(await read(wire, "/file", "todo", handle(42)), "home/notes/todo");
	assert.equal(await read(wire, "/file", "deep", handle(41)), NOTCAPABLE);
	await wire.close();
	await again.close({ keep: true });

	fs.renameSync(path.join(base, "home/pictures"), path.join(base, "home/old"));
	fs.mkdirSync(path.join(base, "home/pictures"));
	const third = await openGranting(["--remember"], { port, base });
	await third.gateway.says(/not granted again: '.*pictures' isn't the folder any more that was granted/);
	assert.deepEqual((await third.told({ do: "grants" }, "grants")).grants.map(({ name }) => name), ["/notes", "/file/todo"]);
	await third.close({ keep: true });

	const forgetting = await openGranting([], { port, base });
	assert.deepEqual((await forgetting.told({ do: "grants" }, "grants")).grants, []);
	await forgetting.close({ keep: true });
	const last = await openGranting(["--remember"], { port, base });
	assert.deepEqual((await last.told({ do: "grants" }, "grants")).grants, []);
	await last.close();
});

const quoted = (word) => `'${word.replace(/'/g, "'\\''")}'`;

/** A command at a terminal of its own. */
function atTerminal(words, env, cwd) {
	const child = spawn("script", ["-qefc", `exec ${words.map(quoted).join(" ")}`, "/dev/null"], { env, cwd, stdio: "pipe" });
	let heard = "", wake = () => {};
	child.stdout.setEncoding("utf8").on("data", (text) => {
		heard += text;
		wake();
	});
	const ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
	ended.then(() => wake());
	after(() => child.kill("SIGKILL"));
	return {
		ended,
		type: (text) => child.stdin.write(text),
		async hear(pattern, from = 0) {
			const deadline = Date.now() + 20_000;
			for (;;) {
				const match = pattern.exec(heard.slice(from));
				if (match)
					return match;
				await within(new Promise((resolve) => (wake = resolve)), deadline - Date.now(), `${pattern} in '${heard}'`);
			}
		},
		get length() {
			return heard.length;
		},
	};
}

/** A gateway at a terminal of its own, and a program of a page. */
async function gatewayAtTerminal(program = {}) {
	const base = await openGranting().then(async (fixture) => {
		await fixture.close({ keep: true });
		return fixture.base;
	});
	const env = { ...process.env, HOME: path.join(base, "home"), XDG_STATE_HOME: path.join(base, "state"), SHELL: "/bin/sh", TERM: "dumb" };
	const terminal = atTerminal([binary, "--port", "0", "--root", path.join(base, "app"), "--ask"], env, base);
	const [link] = await terminal.hear(/http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}&to=\/\S*/);
	const url = new URL(link);
	const session = await Session.enter({ ready: { url: url.origin, port: Number(url.port) }, link: async () => link });
	return { base, env, terminal, session, wire: await session.connect(program), rest: () => fs.rmSync(base, { recursive: true, force: true }) };
}

test("at the terminal: a line with Tab completion; an empty one is a no, and what can't be granted is asked for again", async () => {
	const { terminal, wire, session, rest } = await gatewayAtTerminal();
	terminal.type("x");
	await terminal.hear(/g: what is granted, and grant a folder; u: take one back/);
	ask(wire, 1);
	await terminal.hear(/asks for a folder, to read in it\.\s+Its path \(Tab completes.*or Enter for none: $/);
	terminal.type("\n");
	assert.equal((await answered(wire, 1)).verdict, ASKED.NO);

	let from = terminal.length;
	ask(wire, 2, 1);
	await terminal.hear(/or Enter for none: $/, from);
	from = terminal.length;
	terminal.type("~/.secret\n");
	await terminal.hear(/'\.secret' is hidden[^]*or Enter for none: $/, from);
	terminal.type("no\t"); // -> notes/
	await terminal.hear(/notes\//, from);
	terminal.type(":ro\n");
	await terminal.hear(/granted: 1 {2}\S*\/home\/notes as \/notes, read-only/, from);
	assert.deepEqual(await answered(wire, 2), { number: 2, verdict: ASKED.GRANTED, readonly: true, path: "/notes" });

	from = terminal.length;
	ask(wire, 3);
	await terminal.hear(/or Enter for none: $/, from);
	ask(wire, 3, 2); // the page doesn't wait any more
	await wire.calls({ name: "clock_res_get", args: [0], flags: 0 });
	from = terminal.length;
	terminal.type("g");
	await terminal.hear(/^1 {2}\S*\/home\/notes as \/notes, read-only\s+Grant one more folder\.\s+.*for none: $/m, from);
	terminal.type("pictures\n");
	await terminal.hear(/granted: 2 {2}\S*\/home\/pictures as \/pictures, read-write/, from);
	from = terminal.length;
	terminal.type("u1\n");
	await terminal.hear(/^2 {2}/m, from);
	const later = await session.connect();
	assert.deepEqual([seen(later)["/notes"], seen(later)["/pictures"]], [undefined, false]);
	await Promise.all([wire.close(), later.close()]);
	terminal.type("q");
	assert.equal(await terminal.ended, 0);
	rest();
});

test("wvwasi-gw answer asks for it at another terminal while a program reads the keys of the gateway's", async () => {
	const { base, env, terminal, wire, rest } = await gatewayAtTerminal({ flags: 1 | 64 });
	await terminal.hear(/What is typed here is the program's now/);
	const other = atTerminal([binary, "answer", "--for", path.join(base, "app")], env, base);
	ask(wire, 1, 1);
	await terminal.hear(/asks for a folder, to read and write in it\. {2}\(answer it by `wvwasi-gw answer` in another terminal, or by `wvwasi-gw grant DIR`\)/);
	await other.hear(/or Enter for none: $/);
	other.type("nowhere\n");
	await other.hear(/No such file[^]*or Enter for none: $/);
	other.type("pict\t\n");
	await other.hear(/granted: 1 {2}\S*\/home\/pictures as \/pictures, read-write/);
	assert.equal(await other.ended, 0);
	assert.deepEqual(await answered(wire, 1), { number: 1, verdict: ASKED.GRANTED, readonly: false, path: "/pictures" });
	await wire.close();
	execFileSync(binary, ["stop", "--root", path.join(base, "app")], { env });
	assert.equal(await terminal.ended, 0);
	rest();
});

test("where nobody can be asked the page is told so, and `grant` grants all the same", async () => {
	const fixture = await openGranting();
	await fixture.close({ keep: true });
	const env = { ...process.env, ...fixture.env }, child = spawn(binary, ["--port", "0", "--root", path.join(fixture.base, "app"), "--ask"], { env, stdio: "pipe" });
	after(() => child.kill("SIGKILL"));
	const link = await new Promise((resolve) => child.stdout.setEncoding("utf8").on("data", (text) => {
		const found = /http:\/\/localhost:\d+\/_wvwasi\/enter#k=[\w-]{22}&to=\/\S*/.exec(text);
		if (found)
			resolve(found[0]);
	}));
	const url = new URL(link), session = await Session.enter({ ready: { url: url.origin, port: Number(url.port) }, link: async () => link });
	const wire = await session.connect();
	ask(wire, 1);
	assert.equal((await answered(wire, 1)).verdict, ASKED.NOBODY);
	assert.match(fixture.run("grant", "notes").stdout, /as \/notes, read-write/);
	const later = await session.connect();
	assert.equal(await read(later, "/notes", "todo"), "home/notes/todo");
	await Promise.all([wire.close(), later.close()]);
	child.kill("SIGTERM");
	await new Promise((resolve) => child.once("close", resolve));
	fs.rmSync(fixture.base, { recursive: true, force: true });
});
