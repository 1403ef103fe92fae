/* The inspector's connection: the link's token gives a secret, the secret tickets, and a ticket opens the WebSocket. When that is lost it
 * says so and tries again. Leaves to others: what frames mean (model.js). */
import { FrameReader, SUBPROTOCOL, encodeHello } from "./codec.js";

const AGAIN_MS = 2000;
const ANSWER_MS = 10_000;
const SECRET_NAME = "wvwasi.debug.secret";
const REASONS = new Map([
	[1001, "The gateway has ended."],
	[4401, "This session was ended at the terminal, or may not do what was asked."],
	[4409, "This page is from another version of the gateway: reload it."],
	[4413, "The gateway closed the connection because this page read too slowly."],
]);
const isRemote = location.protocol === "https:"; // from another machine: by a code and the user's yes, on the enter page
const AGAIN = isRemote
? `Press D in the terminal where wvwasi-gw runs (or use wvwasi-gw debug --lan), open ${location.origin} and type the code that it shows.`
	: "Press d in the terminal where wvwasi-gw runs (or use wvwasi-gw debug), and open the link that it prints.";

async function post(name, headers, body) {
	const response = await fetch(`/_wvwasi/${name}`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(body),
		signal: AbortSignal.timeout(ANSWER_MS),
	});
	return { status: response.status, ok: response.ok, ...await response.json().catch(() => ({})) };
}

export class Connection {
	#on;
	#socket = null;
	#timer = null;

	/**
	 * @param {{ frame: (frame: object) => void,
	 *           state: (state: "connecting" | "open" | "lost" | "out", text: string) => void }} on
	 *        lost: it tries again; out: only a new link helps
	 */
	constructor(on) {
		this.#on = on;
	}

	/** Claims the link's token, if there is one, and opens. */
	async start() {
		const token = new URLSearchParams(location.hash.slice(1)).get("k");
		history.replaceState(null, "", location.pathname + location.search); // removes the token from the history and the address bar
		window.addEventListener("hashchange", () => location.reload());
		try {
			if (token) {
				const answer = await post("claim", {}, { token });
				if (answer.ok)
					localStorage.setItem(SECRET_NAME, answer.secret);
				else if (!localStorage.getItem(SECRET_NAME))
					return this.#on.state("out", `This link has been used or has expired. ${AGAIN}`);
			}
			this.#on.state("connecting", "");
			await this.#open();
		} catch (error) {
			this.#lost(`The gateway doesn\u2019t answer (${error.message}).`);
		}
	}

	async #open() {
		const secret = localStorage.getItem(SECRET_NAME);
		if (!secret)
			return this.#on.state("out", `This browser has no session. ${AGAIN}`);
		const answer = await post("ticket", { "Wvwasi-Secret": secret }, { count: 1 });
		if (answer.status === 401) {
			localStorage.removeItem(SECRET_NAME);
			return this.#on.state("out", `This session has ended. ${AGAIN}`);
		}
		if (!answer.ok)
			throw new Error(answer.error ?? `status ${answer.status}`);
		this.#connect(answer.tickets[0]);
	}

	#connect(ticket) {
		const socket = new WebSocket(`${isRemote ? "wss" : "ws"}://${location.host}/_wvwasi/watch`, [SUBPROTOCOL, `t.${ticket}`]);
		const reader = new FrameReader();
		let broken = null;
		socket.binaryType = "arraybuffer";
		socket.addEventListener("open", () => {
			this.#socket = socket;
			socket.send(encodeHello());
			this.#on.state("open", "");
		});
		socket.addEventListener("message", ({ data }) => {
			try {
				for (const frame of reader.push(new Uint8Array(data)))
					this.#on.frame(frame);
			} catch (error) {
				broken = `The gateway sent a frame that this page doesn\u2019t understand (${error.message}).`;
				socket.close();
			}
		});
		socket.addEventListener("close", ({ code, reason }) => {
			this.#socket = null;
			if (code === 4409)
				this.#on.state("out", REASONS.get(code));
			else
				this.#lost(broken ?? REASONS.get(code) ?? (reason ? `The gateway closed the connection: ${reason}.` : "The gateway is gone."));
		});
	}

	#lost(text) {
		this.#on.state("lost", text);
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#open().catch(() => this.#lost(text)), AGAIN_MS);
	}

	/** @param {Uint8Array} bytes a frame. @returns {boolean} false: there is no connection */
	send(bytes) {
		if (this.#socket === null)
			return false;
		this.#socket.send(bytes);
		return true;
	}
}
