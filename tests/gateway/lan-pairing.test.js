// Who of another machine may come in: nobody without pairing, and who is paired no further than the user said. entry.md's rows for other
// machines: Host and Origin, cookies, guessed codes, replayed links, revoked sessions.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { tokenOf } from "./doors-fixture.js";
import { Wire } from "./client.js";
import { RemoteSession, WORDS, openLan } from "./lan-fixture.js";
import { post, upgrade } from "./raw.js";

let fixture, lan, gateway, unanswered;
before(async () => {
	unanswered = await askUnanswered();
	fixture = await openLan((root) => fs.writeFileSync(path.join(root, "index.html"), "<h1>the app</h1>"));
	({ lan, gateway } = fixture);
});
after(() => fixture.close());
after(() => unanswered.fixture.close());

/** At a gateway of its own, a pairing request isn't answered: half a minute, while the other tests run. */
async function askUnanswered() {
	const silent = await openLan(), { link } = await silent.lan.pair();
	const asked = new Promise((resolve) => silent.gateway.events.once("knock", resolve));
	const answer = silent.lan.ask(post(silent.lan.origin, "/_wvwasi/claim", JSON.stringify({ token: tokenOf(link), words: WORDS })), { timeoutMs: 40_000 });
	await asked;
	return { fixture: silent, answer };
}

const claim = (body, headers) => lan.post("/_wvwasi/claim", { words: WORDS, ...body }, headers);
const errorOf = ({ body }) => JSON.parse(body).error;

test("a yes lets the browser in, by link or by code typed any way; it works once", async () => {
	const session = await lan.enter();
	assert.match(session.setCookie, /; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
	const wire = await session.connect();
	assert.ok(wire.welcome.key, "its programs run");
	const { code, link, seconds } = await lan.pair();
	assert.equal(seconds, 120);
	const answered = lan.answerPairing(true);
	const answer = await claim({ code: code.toLowerCase().replace("-", " ") },
		{ "User-Agent": "Mozilla/5.0 (Android 14; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0" });
	assert.equal(answer.status, 200);
	assert.deepEqual(await answered.then(({ browser, address, words, scope }) => ({ browser, address, words, scope })),
		{ browser: "Firefox on Android", address: "127.0.0.1", words: WORDS, scope: "run" });
	for (const [what, status] of [[{ token: tokenOf(link) }, 410], [{ code }, 410]])
		assert.equal((await claim(what)).status, status, "the same again");
	await gateway.says(/a pairing link was opened a second time, by 127\.0\.0\.1/);
	wire.socket.terminate();
});

test("who shows no words isn't asked about, and uses nothing up", async () => {
	const { link } = await lan.pair();
	for (const words of [undefined, "", "lusab", "admin-admin", "lusab-torik\u001b[2J", 7])
		assert.equal((await claim({ token: tokenOf(link), words })).status, 400, String(words));
	const answered = lan.answerPairing(true);
	assert.equal((await claim({ token: tokenOf(link) })).status, 200);
	await answered;
});

test("a no, and a browser that doesn't wait, let nobody in", async () => {
	const sessions = async () => {
		const fresh = new Promise((resolve) => gateway.events.once("sessions", resolve));
		gateway.say({ do: "sessions" });
		return (await fresh).sessions.length;
	};
	const before = await sessions();
	const { link } = await lan.pair();
	const answered = lan.answerPairing(false);
	const refused = await claim({ token: tokenOf(link) });
	await answered;
	assert.equal(refused.status, 403);
	assert.match(errorOf(refused), /said no/);
	assert.equal(refused.headers["set-cookie"], undefined);

	const second = await lan.pair();
	const asked = new Promise((resolve) => gateway.events.once("knock", resolve));
	const raw = await lan.open();
	raw.send(post(lan.origin, "/_wvwasi/claim", JSON.stringify({ token: tokenOf(second.link), words: WORDS })));
	const { knock: number } = await asked;
	const gone = new Promise((resolve) => gateway.events.once("knocked", resolve));
	raw.close();
	assert.match((await gone).text, /didn't wait/);
	const error = new Promise((resolve) => gateway.events.once("error", resolve));
	gateway.say({ do: "admit", knock: number, yes: true });
	assert.match((await error).error, /no pairing request waits/);
	assert.equal(await sessions(), before);
});

test("links, codes, secrets, cookies and tickets of this machine are nothing at other machines' door, and the other way round", async () => {
	const local = await fixture.enter(), remote = await lan.enter();
	const fresh = new Promise((resolve) => gateway.events.once("link", resolve));
	gateway.say({ do: "link" });
	const { link, code } = await fresh;
	assert.equal((await claim({ token: tokenOf(link) })).status, 410);
	await lan.pair();
	assert.equal((await claim({ code })).status, 403);
	const stolen = new RemoteSession(lan);
	stolen.secret = local.secret;
	await assert.rejects(stolen.tickets(), { status: 401 });
	const [ticket] = await local.tickets(), [remoteTicket] = await remote.tickets(), [own] = await remote.tickets();
	assert.equal((await lan.ask(upgrade(lan.origin, ticket))).status, 401);
	assert.equal((await fixture.ask(upgrade(fixture.origin, remoteTicket))).status, 401);
	assert.equal((await fixture.post("/_wvwasi/ticket", "{}", { "Wvwasi-Secret": remote.secret })).status, 401);
	const { link: pairing } = await lan.pair();
	assert.equal((await fixture.post("/_wvwasi/claim", { token: tokenOf(pairing) })).status, 410);
	(await Wire.open(lan.origin, own, remote.trust)).socket.terminate();
});

test("files too want a session here, and the cookie opens nothing but files", async () => {
	const session = await lan.enter();
	assert.equal((await lan.get("/")).headers.location, "/_wvwasi/enter#to=/");
	assert.equal((await lan.get("/index.html")).status, 401);
	assert.equal((await lan.get("/_wvwasi/program.json")).status, 401);
	const page = await lan.get("/", { Cookie: session.cookie });
	assert.equal(page.status, 200);
	assert.equal(page.body.toString(), "<h1>the app</h1>");
	assert.equal((await lan.post("/_wvwasi/ticket", {}, { Cookie: session.cookie })).status, 401);
	const enter = await lan.get("/_wvwasi/enter");
	assert.equal(enter.status, 200, "our own pages are no secret");
	assert.match(enter.headers["content-security-policy"], new RegExp(`connect-src 'self' wss://${new URL(lan.origin).host};`));
});

test("Host and Origin are exact: our address or the certificate's name, https, this port", async () => {
	const { port } = lan, certificate = new X509Certificate(fs.readFileSync(path.join(lan.certs, "gateway.pem")));
	const machine = /DNS:([^,]+)/.exec(certificate.subjectAltName)[1];
	for (const [host, status] of [[`127.0.0.1:${port}`, 200], [`${machine}:${port}`, 200], ["127.0.0.1", 421], [`localhost:${port}`, 421],
		[`127.0.0.1:${fixture.port}`, 421], [`0.0.0.0:${port}`, 421], [`evil.example:${port}`, 421], [`127.1:${port}`, 421], [`${machine}.:${port}`, 421],
		[undefined, 421]]) {
		const answer = await lan.get("/_wvwasi/enter", { Host: host });
		assert.equal(answer.status, status, String(host));
		if (status === 421)
			assert.match(answer.body.toString(), new RegExp(`https://127.0.0.1:${port}`));
	}
	const session = await lan.enter();
	for (const [origin, status] of [[undefined, 403], ["null", 403], [`http://127.0.0.1:${port}`, 403], ["https://evil.example", 403], [fixture.origin, 403],
		[`https://127.0.0.1:${port}.`, 403], [`https://user@127.0.0.1:${port}`, 403], [`https://${machine}:${port}`, 403], ["https://192.0.2.1", 403]]) {
		const [ticket] = await session.tickets();
		assert.equal((await lan.ask(upgrade(lan.origin, ticket, { Origin: origin }))).status, status, String(origin));
		assert.equal((await claim({ token: "x" }, { Origin: origin })).status, status, String(origin));
	}
	const { headers } = await lan.get("/_wvwasi/enter", { Origin: lan.origin });
	assert.equal(headers["access-control-allow-origin"], undefined);
});

test("the debugger isn't there for other machines", async () => {
	const session = await lan.enter();
	assert.equal((await lan.get("/_wvwasi/inspector", { Cookie: session.cookie })).status, 404);
	assert.notEqual((await lan.ask(upgrade(lan.origin, (await session.tickets())[0], {}, "/_wvwasi/watch"))).status, 101);
});

test("revoking ends a paired session's sockets, secret, cookie and tickets", async () => {
	const session = await lan.enter(), wire = await session.connect(), [ticket] = await session.tickets();
	const fresh = new Promise((resolve) => gateway.events.once("sessions", resolve));
	gateway.say({ do: "sessions" });
	const { session: number, address } = (await fresh).sessions.at(-1);
	assert.equal(address, "127.0.0.1");
	gateway.say({ do: "revoke", session: number });
	await wire.closed;
	await assert.rejects(session.tickets(), { status: 401 });
	assert.equal((await lan.get("/", { Cookie: session.cookie })).status, 302);
	assert.equal((await lan.ask(upgrade(lan.origin, ticket))).status, 401);
});

test("the CA's certificate is there for everybody, and is the one whose fingerprint the terminal says", async () => {
	const answer = await lan.get("/_wvwasi/ca.crt");
	assert.equal(answer.status, 200);
	assert.equal(answer.headers["content-type"], "application/x-x509-ca-cert");
	assert.equal(new X509Certificate(answer.body).fingerprint256, (await lan.pair()).fingerprint);
	assert.equal(new X509Certificate(answer.body).fingerprint256, new X509Certificate(lan.ca).fingerprint256);
});

test("five wrong codes end a code, twenty within an hour close pairing until the user opens it again", async () => {
	for (let codes = 0, wrong = 0; wrong < 19; codes++) { // (one more has been typed above)
		const { code } = await lan.pair();
		for (let tries = 0; tries < 5 && wrong < 19; tries++, wrong++)
			assert.equal((await claim({ code: "0000-0000" })).status, 403);
		if (wrong < 19)
			assert.equal((await claim({ code })).status, 410, "the code is gone, the right one too");
	}
	await gateway.says(/five wrong pairing codes, the last from 127\.0\.0\.1/);
	await gateway.says(/twenty wrong pairing codes within an hour, the last from 127\.0\.0\.1: pairing is closed/);
	const closed = new Promise((resolve) => gateway.events.once("error", resolve));
	gateway.say({ do: "pair" });
	assert.match((await closed).error, /pairing was closed/);
	assert.equal((await claim({ code: "0000-0000" })).status, 410);
	assert.ok((await lan.pair(true)).code, "opened again");
});

test("with --remember a paired browser is in again at the next start, without it, and once revoked, not", async () => {
	const state = { XDG_STATE_HOME: path.join(fixture.base, "kept"), XDG_DATA_HOME: lan.data }, folder = path.join(fixture.base, "kept/wvwasi-gw");
	const root = path.join(fixture.base, "remembering");
	fs.mkdirSync(root);
	const open = (...args) => openLan(() => {}, args, { env: state, root, port: [], address: "127.0.0.3" });
	const first = await open("--remember"), session = await first.lan.enter(), second = await first.lan.enter();
	await first.close();
	const files = fs.readdirSync(folder).filter((name) => name.endsWith(".paired")), kept = path.join(folder, files[0]);
	assert.equal(files.length, 1);
	assert.equal(fs.statSync(kept).mode & 0o777, 0o600);
	for (const secret of [session.secret, second.secret, session.cookie.split("=")[1]])
		assert.equal(fs.readFileSync(kept).includes(secret), false, "no secret is kept, but digests");

	const again = await open("--remember");
	assert.equal(again.lan.origin, first.lan.origin, "the same place, for the browser's storage");
	assert.equal((await session.tickets()).length, 1);
	assert.equal((await again.lan.get("/_wvwasi/program.json", { Cookie: session.cookie })).status, 404, "let in, though there's no program");
	const fresh = new Promise((resolve) => again.gateway.events.once("sessions", resolve));
	again.gateway.say({ do: "sessions" });
	const { sessions } = await fresh;
	assert.equal(sessions.length, 2);
	again.gateway.say({ do: "revoke", session: sessions[0].session });
	await again.gateway.next("session-close");
	await again.close();

	const third = await open("--remember");
	await assert.rejects(session.tickets(), { status: 401 });
	assert.equal((await second.tickets()).length, 1);
	await third.close();
	const fourth = await open();
	await assert.rejects(second.tickets(), { status: 401 });
	await fourth.close();
	const fifth = await open("--remember");
	await assert.rejects(second.tickets(), { status: 401 });
	await fifth.close();
});

test("while one waits for its answer another is told so; nobody who isn't answered within half a minute is in", async () => {
	const { lan: silent, gateway: its } = unanswered.fixture, { link } = await silent.pair();
	const second = await silent.post("/_wvwasi/claim", { token: tokenOf(link), words: WORDS });
	assert.equal(second.status, 409);
	const first = await unanswered.answer;
	assert.equal(first.status, 403);
	assert.match(errorOf(first), /nobody at the gateway answered within 30 seconds/);
	assert.match((await its.next("knocked")).text, /nobody answered/);
});
