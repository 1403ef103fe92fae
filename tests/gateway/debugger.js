// A debugger in Node: what docs/PROTOCOL.md, Debuggers, says, without a page. It shares the codec with the inspector.
import http from "node:http";
import https from "node:https";

import WebSocket from "ws";

import * as codec from "../../static/inspector/codec.js";
import { within } from "../engines/deadline.js";

export const { ASK, CALL_FLAG, GO, MODE, NONE, STATE, TO_DEBUGGER, TO_SERVER, WHY } = codec;

/** A fresh debug link of a gateway (gateway.js), by its stdin. */
export async function debugLink(gateway) {
	const fresh = new Promise((resolve) => gateway.events.once("debug", resolve));
	gateway.say({ do: "debug" });
	return (await within(fresh, 30_000, "a debug link")).link;
}

/** A request to an origin, with exactly these headers; { status, headers, body }. trust: { ca }, of one on another machine */
export function ask(origin, method, path, headers = {}, body = undefined, trust = {}) {
	const { hostname, port, host, protocol } = new URL(origin);
	return new Promise((resolve, reject) => {
		const request = (protocol === "https:" ? https : http)
			.request({ ...trust, host: hostname, port, path, method,
			headers: { Host: host, ...headers, ...(body && { "Content-Length": Buffer.byteLength(body) }) } }, (response) => {
				const chunks = [];
				response.on("data", (chunk) => chunks.push(chunk));
				response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }));
			});
		request.on("error", reject);
		request.end(body);
	});
}

/** POST as the page does; what JSON came, and the status. */
export async function post(origin, where, body, headers = {}, trust = {}) {
	const answer = await ask(origin, "POST", `/_wvwasi/${where}`, { Origin: origin, "Content-Type": "application/json", ...headers }, JSON.stringify(body),
		trust);
	return { ...answer, json: JSON.parse(answer.body) };
}

export class Debugger {
	#reader = new codec.FrameReader();
	#waiting = [];
	/** every frame so far, decoded; with keeps false only the last one */
	frames = [];
	keeps = true;
	/** (frame) => void: told of each */
	onframe = null;
	/** of TLS, for one on another machine */
	trust = {};

	/** Claims a fresh link. */
	static async claim(gateway) {
		return Debugger.claimLink(await debugLink(gateway));
	}

	static async claimLink(text) {
		const its = new Debugger();
		const link = new URL(text);
		its.origin = link.origin;
		its.secret = (await post(its.origin, "claim", { token: link.hash.slice(3) })).json.secret;
		return its;
	}

	/** One of another machine: paired, as a browser there would. what: { token } or { code }, and words. */
	static async claimRemote(origin, what, trust) {
		const its = new Debugger();
		Object.assign(its, { origin, trust });
		const { status, headers, json } = await post(origin, "claim", what, {}, trust);
		if (status !== 200)
			throw Object.assign(new Error(`the claim: ${status} ${json.error}`), { status });
		its.secret = json.secret;
		its.cookies = headers["set-cookie"];
		return its;
	}

	/** Claims, connects, and says hello. */
	static async attach(gateway) {
		return (await Debugger.claim(gateway)).hello();
	}

	async hello() {
		await this.dial();
		this.send(codec.encodeHello());
		this.welcome = await this.next(TO_DEBUGGER.WELCOME);
		return this;
	}

	async ticket() {
		return (await post(this.origin, "ticket", { count: 1 }, { "Wvwasi-Secret": this.secret }, this.trust)).json.tickets[0];
	}

	/** The WebSocket, which has said nothing yet. */
	async dial() {
		const socket = this.socket = new WebSocket(`${this.origin.replace(/^http/, "ws")}/_wvwasi/watch`, [codec.SUBPROTOCOL, `t.${await this.ticket()}`],
			{ ...this.trust, origin: this.origin, perMessageDeflate: false, maxPayload: 64 << 20 });
		this.closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
		socket.on("message", (data) => this.#take(new Uint8Array(data)));
		await within(new Promise((resolve, reject) => {
			socket.once("open", resolve);
			socket.once("error", reject);
		}), 10_000, "the debugger's WebSocket");
		return this;
	}

	#take(bytes) {
		for (const raw of this.#reader.push(bytes)) {
			const frame = codec.decode({ ...raw, body: raw.body.slice() });
			if (!this.keeps)
				this.frames.length = 0;
			this.frames.push(frame);
			this.onframe?.(frame);
			for (const waiting of [...this.#waiting])
				if (waiting.look())
					this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
		}
	}

	send(bytes) {
		this.socket.send(bytes);
	}

	/** Resolves with what found(frames) gives as soon as it isn't undefined. */
	when(found, what = "what a debugger waits for", timeoutMs = 10_000) {
		const already = found(this.frames);
		if (already !== undefined)
			return Promise.resolve(already);
		return within(new Promise((resolve) => this.#waiting.push({ look: () => {
			const now = found(this.frames);
			if (now === undefined)
				return false;
			resolve(now);
			return true;
		} })), timeoutMs, what);
	}

	/** The first frame of a type that fits, had already or to come. */
	next(type, match = () => true) {
		return this.when((frames) => frames.find((frame) => frame.type === type && match(frame)), `frame ${type.toString(16)}`);
	}

	/** All calls so far. */
	calls() {
		return this.frames.flatMap((frame) => (frame.type === TO_DEBUGGER.CALLS ? frame.calls : []));
	}

	/** The first call whose text fits. */
	call(pattern, match = () => true) {
		return this.when(() => this.calls().find((call) => pattern.test(call.text) && match(call)), `a call like ${pattern}`);
	}

	/** What is open in a program, by handle. */
	handles(program) {
		const open = new Map();
		for (const frame of this.frames.filter(({ type, program: its }) => type === TO_DEBUGGER.HANDLES && its === program)) {
			if (frame.snapshot)
				open.clear();
			for (const handle of frame.handles)
				if (handle.flags & codec.HANDLE_FLAG.OPEN)
					open.set(handle.handle, handle);
				else
					open.delete(handle.handle);
		}
		return open;
	}

	close() {
		this.socket.close();
		return this.closed;
	}
}
