// A home folder of a test's own, and a gateway with --ask in it.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { encodeAsk, decodeAsked } from "../../static/shim/base/codec.js";
import { FRAME, Session, call, handle, open } from "./client.js";
import { binary, startGateway } from "./gateway.js";

export const ASKED = { GRANTED: 0, NO: 1, NOBODY: 2, TOO_OFTEN: 3, NEVER: 4 };
export const NOTCAPABLE = 76;
const name = (bytes) => Buffer.from(bytes).toString();

/** home: with notes, pictures, .secret; app: the root. @param {string[]} args beside --root and --ask */
export async function openGranting(args = [], { ask = "--ask", port = ["--port", "0"], base = undefined } = {}) {
	const fresh = base === undefined;
	base ??= fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-grants-"));
	const home = path.join(base, "home");
	if (fresh) {
		for (const folder of ["app", "home/notes/deep", "home/pictures", "home/.secret", "outside"])
			fs.mkdirSync(path.join(base, folder), { recursive: true });
		for (const file of ["home/notes/todo", "home/pictures/sun", "home/.secret/key", "outside/passwd"])
			fs.writeFileSync(path.join(base, file), file);
	}
	const env = { HOME: home, XDG_STATE_HOME: path.join(base, "state") };
	const gateway = await startGateway(["--root", path.join(base, "app"), ...ask ? [ask] : [], ...args], { env, port });
	let asked = 0;
	return {
		base, home, gateway, env, session: await Session.enter(gateway),
		at: (...names) => path.join(home, ...names),
		/** The next question. */
		async question() {
			const question = await gateway.next("question", ({ question: number }) => number > asked);
			asked = question.question;
			return question;
		},
		/** A command on its stdin, and the event that answers it. */
		async told(command, ...events) {
			const answer = new Promise((resolve) => {
				const take = (event) => {
					events.forEach((each) => gateway.events.off(each, take));
					resolve(event);
				};
				events.forEach((each) => gateway.events.on(each, take));
			});
			gateway.say(command);
			return answer;
		},
		/** As from another terminal. */
		run: (...words) => spawnSync(binary, [...words, "--for", path.join(base, "app")], { env: { ...process.env, ...env }, encoding: "utf8", cwd: home }),
		async close({ keep = false } = {}) {
			await gateway.stop();
			if (!keep)
				fs.rmSync(base, { recursive: true, force: true });
		},
	};
}

/** What a program sees: guest paths, and whether each is read-only. */
export const seen = (wire) => Object.fromEntries(wire.welcome.preopens.map((preopen) => [name(preopen.name), preopen.readOnly]));
/** The handle of a preopen. */
export const preopen = (wire, guest) => wire.welcome.preopens.find((each) => name(each.name) === guest).handle;
export const ask = (wire, number, mode = 0) => wire.send(encodeAsk(number, mode));
/** The answer to that question. */
export const answered = async (wire, number) => decodeAsked(await wire.next(FRAME.ASKED, (frame) => decodeAsked(frame).number === number));
/** The contents of a file in a preopen. */
export async function read(wire, guest, file, at = handle(40)) {
	const [{ errno }, got] = await wire.calls(open(file, at, { dir: preopen(wire, guest) }), call("fd_pread", [at, 0n, 1000]));
	await wire.calls(call("fd_close", [at]));
	return errno || Buffer.from(got.gives[0]).toString();
}
