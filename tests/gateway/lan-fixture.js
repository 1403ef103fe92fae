// What the tests of other machines' door share: a gateway with --lan on a loopback address, a CA of its own, TLS connections to it by OpenSSL
// (Node's), and a browser's part of pairing.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";

import { wordsOf } from "../../static/enter/words.js";
import { Session } from "./client.js";
import { openDoors, tokenOf } from "./doors-fixture.js";
import { Raw, get, post } from "./raw.js";

/** As a page makes them. */
export const WORDS = wordsOf(randomBytes(4));

/** @param {string[]} args beside --lan */
export async function openLan(fill = () => {}, args = [], { address = "127.0.0.1", env = {}, ...options } = {}) {
	const lan = { address };
	const doors = await openDoors((root, base) => {
		lan.data = env.XDG_DATA_HOME ?? path.join(base, "data");
		fill(root, base);
	}, [`--lan=${address}`, ...args], { env: { get XDG_DATA_HOME() { return lan.data; }, ...env }, ...options });
	lan.gateway = doors.gateway;
	lan.certs = path.join(lan.data, "wvwasi-gw/certs");
	lan.ca = args.includes("--certificate") ? undefined : fs.readFileSync(path.join(lan.certs, "authority.pem"), "utf8");
	lan.origin = doors.gateway.ready.lan;
	lan.port = Number(new URL(lan.origin).port);
	/** A TLS connection, as Raw. options: of tls.connect */
	lan.open = (options = {}) =>
		Raw.over(tls.connect({ host: address, port: lan.port, ca: lan.ca, ALPNProtocols: ["http/1.1"], allowHalfOpen: true, ...options }), "secureConnect");
	lan.ask = async (bytes, options) => {
		const raw = await lan.open();
		try {
			return await raw.send(bytes).answer(options);
		} finally {
			raw.close();
		}
	};
	lan.get = (where, headers, method) => lan.ask(get(lan.origin, where, headers, method), { noBody: method === "HEAD" });
	lan.post = (where, body, headers) => lan.ask(post(lan.origin, where, JSON.stringify(body), headers));
	/** TCP alone. options: of net.connect */
	lan.tcp = (options = {}) => Raw.over(net.connect({ host: address, port: lan.port, allowHalfOpen: true, ...options }), "connect");
	lan.pair = (again = false, ask = "pair") => {
		const fresh = new Promise((resolve) => doors.gateway.events.once("pair", resolve));
		doors.gateway.say({ do: ask, again, lan: true });
		return fresh;
	};
	/** Answers the next pairing request. */
	lan.answerPairing = async (yes) => {
		const request = await new Promise((resolve) => doors.gateway.events.once("knock", resolve));
		doors.gateway.say({ do: "admit", knock: request.knock, yes });
		return request;
	};
	/** A session of another machine: paired, as a browser there would. */
	lan.enter = async () => {
		const session = new RemoteSession(lan);
		const { link } = await lan.pair();
		const answered = lan.answerPairing(true);
		const { status, headers, bytes } = await session.request("POST", "claim", { "Content-Type": "application/json" },
			JSON.stringify({ token: tokenOf(link), words: WORDS }));
		await answered;
		if (status !== 200)
			throw new Error(`the claim: ${status} ${bytes}`);
		session.secret = JSON.parse(bytes).secret;
		session.cookie = headers["set-cookie"][0].split(";")[0];
		session.setCookie = headers["set-cookie"][0];
		return session;
	};
	return { ...doors, local: doors, lan };
}

export class RemoteSession extends Session {
	constructor({ origin, port, ca, address }) {
		super();
		Object.assign(this, { origin, port, address, trust: { ca, lookup: undefined } });
	}
}
