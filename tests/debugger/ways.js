// A program in a real browser, a debugger in Node beside it: what the page answers itself is seen, and a stopped program stands still, in every
// way to wait.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { Inquirer } from "../browsers/coherence.js";
import { Fixture } from "../browsers/fixture.js";
import { waysOf } from "../engines/index.js";
import { ASK, CALL_FLAG, Debugger, GO, STATE, TO_DEBUGGER } from "../gateway/debugger.js";
import * as wire from "../../static/inspector/codec.js";
import { after, describe, test } from "../testing.js";

const STOOD_MS = 700;

/** Asks for control, and says yes at the terminal. */
async function takeControl(gateway, debug) {
	const asked = new Promise((resolve) => gateway.events.once("question", resolve));
	debug.send(wire.encodeAsk(ASK.CONTROL));
	gateway.say({ do: "answer", question: (await asked).question, yes: true });
	await debug.next(TO_DEBUGGER.SCOPE, ({ scope }) => scope === 2);
}

/** @param {string} engine @param {string} [of] whose ways, if it has another's */
export async function ways(engine, of = engine) {
	const fixture = await Fixture.open(engine);
	after(() => fixture.close());
	const badgeIs = async (want) => {
		await fixture.page.waitFor(`(document.querySelector("wvwasi-watched")?.dataset.state ?? "none") === ${JSON.stringify(want)}`);
	};
	const start = (way) => fixture.start({ ...way, file: "guests/watched.wasm", stdin: { live: true }, preopens: [["/data", "/data"]] });
	const write = (id, text) => fixture.ask((which, what) => window.suite.write(which, what), id, text);
	const kill = async (id) => {
		await fixture.ask((which) => window.suite.kill(which), id);
		await fixture.ended(id);
	};

	for (const wait of waysOf[of])
		describe(`${wait}`, () => {
			test("who attaches to a running program sees its calls, those that the page answers too, and its output; the page shows a badge", async () => {
				const id = await start({ wait });
				await fixture.printed(id, "ready");
				await badgeIs("none");
				const debug = await Debugger.attach(fixture.gateway);
				const { program } = await debug.when((frames) => frames.filter(({ type }) => type === TO_DEBUGGER.PROGRAM).at(-1));
				await badgeIs("watched");
				const folder = fixture.fresh();
				await write(id, `stat ${folder.guest}/missing\nappend ${folder.guest}/log\nstat ${folder.guest}/log\n`);
				await fixture.printed(id, "done append");
				const missing = await debug.call(/missing/);
				assert.equal(missing.result, "= ENOENT");
				await debug.when(() =>
					(debug.calls().filter(({ text, flags }) => /^fd_write\(\d+(\.\d+)?, \d+, \[5 bytes\]\)/.test(text) && flags & CALL_FLAG.LOCAL)
					.length >= 99 ? true : undefined), "a hundred gathered writes as the program made them");
				assert.equal(fs.readFileSync(path.join(folder.host, "log"), "utf8"), "line\n".repeat(100));
				await debug.when(() => (debug.frames.filter(({ type, stream }) => type === TO_DEBUGGER.OUTPUT && stream === 1)
					.map(({ bytes }) => Buffer.from(bytes).toString()).join("").includes("done append") ? true : undefined), "its output");
				await debug.next(TO_DEBUGGER.OUTPUT, ({ stream }) => stream === 0);
				await debug.next(TO_DEBUGGER.TIMES, ({ times }) => times.some(({ trip }) => trip > 0));
				await write(id, "trap\n");
				const ended = await debug.next(TO_DEBUGGER.ENDED, ({ program: its }) => its === program);
				assert.equal(ended.reason, 1);
				assert.match(ended.message, /wasm/, "its stack");
				await fixture.ended(id);
				await badgeIs("none");
				await debug.close();
			});

			test("a program that writes in pieces writes them all, and each is reported", async () => {
				const id = await start({ wait });
				await fixture.printed(id, "ready");
				const debug = await Debugger.attach(fixture.gateway);
				await badgeIs("watched");
				const folder = fixture.fresh();
				await write(id, `pieces ${folder.guest}/pieces\nlarge-pieces ${folder.guest}/pieces\nexit\n`);
				assert.equal((await fixture.ended(id)).exitCode, 5);
				const want = [1024, 8192].flatMap((size) => Array.from({ length: 200 }, (_, i) => String.fromCharCode(97 + i % 26).repeat(size))).join("");
				assert.equal(fs.readFileSync(path.join(folder.host, "pieces"), "utf8"), want);
				await debug.next(TO_DEBUGGER.ENDED);
				for (const size of [1024, 8192])
					assert.equal(debug.calls().filter(({ text, flags }) => text.startsWith("fd_write") && text.includes(`[${size} bytes]`)
						&& !(flags & CALL_FLAG.QUIET)).length, 200);
				await debug.close();
			});

			test("when nobody has control any more, folders are known again, as they are then", async () => {
				const one = await Inquirer.start(fixture, { wait });
				const questions = ["stat file", "stat none", "list .", "read file", "stat sub/file", "list sub", "stat sub/none", "read sub/file"];
				fs.mkdirSync(one.at("sub"));
				for (const name of ["file", "sub/file"])
					fs.writeFileSync(one.at(name), "one");
				await one.sees(questions, "before");
				const debug = await Debugger.attach(fixture.gateway);
				await takeControl(fixture.gateway, debug);
				const { program } = await debug.when((frames) => frames.filter(({ type }) => type === TO_DEBUGGER.PROGRAM).at(-1));
				debug.send(wire.encodeAttach(program, true));
				await badgeIs("controlled");
				fs.appendFileSync(one.at("file"), " more");
				await one.sees(questions, "controlled");
				fs.writeFileSync(one.at("sub/none"), "");
				debug.socket.terminate();
				await badgeIs("none");
				for (let time = 1; time <= 20; time++) {
					fs.appendFileSync(one.at("sub/file"), ` and ${time}`);
					await one.sees(questions, `afterwards, ${time}`);
				}
				const { stats } = await one.close();
				const answers = 2 * 22 * questions.length;
				assert.ok(stats.roundTrips < answers * 3 / 4, `${stats.roundTrips} waits for ${answers} answers`);
			});

			test("a program that makes only calls of its page's is stopped too, its page says so, and it goes on", async () => {
				const debug = await Debugger.attach(fixture.gateway);
				await takeControl(fixture.gateway, debug);
				const id = await start({ wait });
				await fixture.printed(id, "ready");
				const { program } = await debug.when((frames) => frames.filter(({ type }) => type === TO_DEBUGGER.PROGRAM).at(-1));
				await write(id, "spin\n");
				await fixture.printed(id, "..");
				debug.send(wire.encodeAttach(program, true));
				debug.send(wire.encodeGo(program, GO.STOP));
				const stop = await debug.next(TO_DEBUGGER.STATE, ({ state }) => state >= STATE.BEFORE);
				assert.match(stop.text, /^(clock_time_get|fd_write|$)/);
				const since = performance.now();
				await badgeIs("stopped");
				const seen = debug.calls().length;
				await fixture.ask((ms) => new Promise((resolve) => setTimeout(resolve, ms)), STOOD_MS); // its page lives on meanwhile
				assert.equal(debug.calls().length, seen, "it stands still");
				const stoodNs = (performance.now() - since) * 1e6; // on a slow machine longer, as is everything else
				debug.send(wire.encodeGo(program, GO.STEP));
				const steps = () => debug.frames.filter(({ type, state }) => type === TO_DEBUGGER.STATE && state >= STATE.BEFORE).length;
				await debug.when(() => (steps() >= 2 ? true : undefined), "the next stop");
				debug.send(wire.encodeGo(program, GO.RESUME));
				await badgeIs("controlled");
				await debug.when(() => (debug.calls().length > seen + 50 ? true : undefined), "its calls again");
				debug.socket.terminate();
				await badgeIs("none");
				const times = debug.frames.flatMap((frame) => frame.type === TO_DEBUGGER.TIMES ? frame.times : []);
				assert.ok(debug.calls().every(({ queue }) => queue < stoodNs) && times.every(({ trip }) => trip < stoodNs), "standing still is no waiting");
				const dots = (await fixture.printed(id, "..")).length;
				await fixture.page.waitFor(`window.suite.printed(${id}, ".".repeat(3)).then((text) => text.length > ${dots})`);
				await kill(id);
			});
		});
}
