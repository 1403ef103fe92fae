// A program in one browser, the inspector in another. The program is orders.wasm, on our own terminal page: it does what it is told by a
// line, from the terminal or from the inspector.
import path from "node:path";

import { TerminalPage } from "../browsers/terminal-page.js";
import { startEngine } from "../engines/index.js";
import { top } from "../gateway/gateway.js";
import { InspectorPage } from "./inspector-page.js";

export const orders = path.join(top, "build/guests/orders.wasm");

export class Pair {
	/** Starts both engines. @param {string} app engine of the program @param {string} debug engine of the inspector */
	static async start(app, debug) {
		const pair = new Pair();
		[pair.app, pair.debug] = await Promise.all([startEngine(app), startEngine(debug)]);
		return pair;
	}

	async stop() {
		await Promise.all([this.app.close(), this.debug.close()]);
	}

	/**
	 * A gateway, its terminal page and its inspector for one test; they are gone after it.
	 * @param {{ way?: string, flags?: string[] }} options
	 * @param {(inspector: InspectorPage, terminal: TerminalPage) => Promise<void>} act
	 */
	async with({ flags = [], watch = true } = {}, act) {
		const terminal = await TerminalPage.open(this.app, [orders], { flags, size: [800, 500] });
		let inspector;
		try {
			await terminal.seen(/^ready$/m);
			inspector = watch ? await InspectorPage.open(this.debug, terminal.gateway) : null;
			await act(inspector, terminal);
		} catch (error) {
			error.message += `\nterminal: ${await terminal.screen().catch(() => "?")}\n${terminal.gateway.stderr().slice(-2000)}`;
			throw error;
		} finally {
			await inspector?.close().catch(() => {});
			await terminal.close();
		}
	}
}

/** Tells the program what to do, at its terminal, and waits until it says that it did. */
export async function tell(terminal, order) {
	const before = (await terminal.screen()).split(/^did /m).length;
	await terminal.type(`${order}\r`);
	await terminal.until(`did ${order}`, async () => (await terminal.screen()).split(/^did /m).length > before);
}

/** Answers the gateway's next question as the user at the terminal; gives the question. */
export async function answer(gateway, yes) {
	answered.set(gateway, (answered.get(gateway) ?? 0) + 1);
	const question = await gateway.next("question", (event) => gateway.log.filter((one) => one.event === "question")
		.indexOf(event) + 1 === answered.get(gateway));
	gateway.say({ do: "answer", question: question.question, yes });
	return question;
}

const answered = new WeakMap(); // gateway: questions
