// Other machines' door as bytes: which TLS it speaks, and that what goes in at one end comes out at the other, however slowly, half closed or
// cut off. The clients are Node's OpenSSL.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";

import { within } from "../engines/deadline.js";
import { RIGHTS, call, handle, open } from "./client.js";
import { binary } from "./gateway.js";
import { openLan } from "./lan-fixture.js";
import { get, post } from "./raw.js";

const big = randomBytes(12 << 20), sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
let fixture, lan, gateway, session;
before(async () => {
	fixture = await openLan((root) => fs.writeFileSync(path.join(root, "big.bin"), big), ["--verbose"]);
	({ lan, gateway } = fixture);
	session = await lan.enter();
});
after(() => fixture.close());

const cookie = () => ({ Cookie: session.cookie });

test("who speaks plain HTTP is told where to go", async () => {
	const raw = await lan.tcp();
	const { status, body } = await raw.send(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${lan.port}\r\n\r\n`).answer();
	assert.equal(status, 400);
	assert.equal(body.toString(), `This address speaks TLS alone: open https://127.0.0.1:${lan.port}\n`);
	await raw.hungUp();
});

test("TLS below 1.2, other ciphers and other protocols are refused", async () => {
	const rows = [[{ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }, false], [{ minVersion: "TLSv1.3" }, false],
		[{ ciphers: "AES128-GCM-SHA256" }, false], [{ ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA" }, false],
		[{ ALPNProtocols: ["h2"] }, false], [{ ALPNProtocols: ["h2", "http/1.1"] }, true], [{ ALPNProtocols: undefined }, true],
		[{ ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" }, true], [{ ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384", ecdhCurve: "X25519:P-256" }, true]];
	for (const [options, good] of rows) {
		const raw = await lan.open({ maxVersion: "TLSv1.3", ...options }).catch((error) => error);
		assert.equal(!(raw instanceof Error), good, JSON.stringify(options));
		if (!good)
			continue;
		assert.equal(raw.socket.getProtocol(), "TLSv1.2");
		assert.match(raw.socket.getCipher().name, /^ECDHE-ECDSA-/);
		assert.equal(raw.socket.alpnProtocol, options.ALPNProtocols === undefined && "ALPNProtocols" in options ? false : "http/1.1");
		raw.close();
	}
});

test("a man in the middle with another certificate gets nothing", async () => {
	// Another CA of another user, for the same address; the browser trusts ours.
	const data = path.join(fixture.base, "middle"), certs = path.join(data, "wvwasi-gw/certs");
	assert.equal(spawnSync(binary, ["cert", "127.0.0.1"], { env: { ...process.env, XDG_DATA_HOME: data } }).status, 0);
	const pem = fs.readFileSync(path.join(certs, "gateway.pem")), heard = [];
	const middle = tls.createServer({ cert: pem, key: pem }, (socket) => socket.on("data", (bytes) => heard.push(bytes)));
	middle.on("tlsClientError", () => {});
	await new Promise((resolve) => middle.listen(0, "127.0.0.1", resolve));
	const socket = tls.connect({ host: "127.0.0.1", port: middle.address().port, ca: lan.ca });
	socket.write(get(lan.origin, "/", cookie())); // queued behind the handshake, as a browser's request is
	const error = await new Promise((resolve) => socket.once("error", resolve));
	assert.match(error.code, /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|CERT_SIGNATURE_FAILURE)$/);
	assert.equal(heard.length, 0);
	middle.close();
});

test("a head that comes byte by byte, and several in one piece", async () => {
	const raw = await lan.open(), bytes = get(lan.origin, "/_wvwasi/theme.css");
	raw.socket.setNoDelay(true);
	for (const byte of bytes)
		await new Promise((resolve) => raw.socket.write(byte, resolve));
	assert.equal((await raw.answer()).status, 200);
	raw.send(bytes + bytes + bytes);
	for (let i = 0; i < 3; i++)
		assert.equal((await raw.answer()).status, 200);
	raw.close();
});

test("a slow reader gets every byte, and both directions at once", async () => {
	const raw = await lan.open(), wire = await session.connect();
	raw.socket.pause(); // the answer fills every buffer on the way, while others are served
	raw.send(get(lan.origin, "/big.bin", cookie()));
	const bytes = randomBytes(1 << 20), sent = [wire.calls(open("scratch", handle(8), { dir: 4, oflags: 1, rights: RIGHTS.both }))];
	for (let i = 0; i < 8; i++)
		sent.push(wire.calls(call("fd_pwrite", [handle(8), BigInt(i << 20), bytes])), wire.calls(call("fd_pread", [handle(8), BigInt(i << 20), 1 << 20])));
	const results = await within(Promise.all(sent), 20_000, "eight MiB there and back");
	assert.deepEqual(results.map(([{ errno }]) => errno), sent.map(() => 0));
	for (const [{ gives }] of results.slice(2).filter((_, i) => i % 2 === 0))
		assert.equal(sum(Buffer.from(gives[0])), sum(bytes));
	raw.socket.resume();
	assert.equal(sum((await raw.answer({ timeoutMs: 30_000 })).body), sum(big));
	raw.close();
	wire.socket.terminate();
});

test("who ends one direction by close_notify still gets the whole answer, and close_notify", async () => {
	const raw = await lan.open();
	raw.send(get(lan.origin, "/big.bin", { ...cookie(), Connection: "close" }));
	raw.socket.end(); // close_notify, and the end of TCP in this direction
	assert.equal(sum((await raw.answer({ timeoutMs: 30_000 })).body), sum(big));
	await raw.hungUp();
});

test("a cut line ends nothing properly", async () => {
	const tcp = await lan.tcp({ localAddress: "127.0.0.5" }), raw = await lan.open({ socket: tcp.socket });
	await new Promise((resolve) => raw.socket.write(post(lan.origin, "/_wvwasi/claim", "{}", { "Content-Length": "10" }), resolve));
	tcp.socket.end(); // the end of TCP, without TLS's own
	await gateway.says(/TLS with 127\.0\.0\.5: reading: cut off without close_notify/);
	await raw.hungUp();
	await assert.rejects(raw.answer(), { hungUp: true });
});

test("a client that wants to negotiate anew is refused, and what it asked before is answered", async () => {
	const raw = await lan.open({ maxVersion: "TLSv1.2" });
	assert.equal((await raw.send(get(lan.origin, "/_wvwasi/theme.css")).answer()).status, 200);
	const error = await within(new Promise((resolve) => {
		raw.socket.once("error", resolve);
		raw.socket.renegotiate({ rejectUnauthorized: true }, resolve);
	}), 5000, "a refusal");
	assert.match(error.code ?? error.message, /NO_RENEGOTIATION/);
	raw.close();
	assert.equal((await lan.get("/_wvwasi/theme.css")).status, 200);
});

test("bytes that aren't TLS's, and records that were changed, end the connection alone", async () => {
	for (const bytes of [Buffer.concat([Buffer.from([0x16, 3, 1, 0x40, 0]), randomBytes(0x4000)]), Buffer.from([0x16, 3, 3, 0, 0]),
		Buffer.concat([Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]), randomBytes(500)])]) {
		const raw = await lan.tcp();
		raw.send(bytes);
		await raw.hungUp();
		raw.close();
	}
	assert.equal((await lan.get("/_wvwasi/theme.css")).status, 200);
});

test("handshakes are bounded in time and number", async () => {
	const silent = [];
	for (const localAddress of ["127.0.0.7", "127.0.0.8"])
		for (let i = 0; i < 4; i++)
			silent.push(await lan.tcp({ localAddress }));
	// Eight are at it: the ninth waits, and comes in when one ends; loopback isn't touched. Within 4 s: after 5 they would be given up.
	assert.equal((await fixture.get("/_wvwasi/theme.css")).status, 200);
	const ninth = lan.open({ localAddress: "127.0.0.9" });
	silent.pop().close();
	const raw = await within(ninth, 4000, "a place");
	assert.equal((await raw.send(get(lan.origin, "/_wvwasi/theme.css")).answer()).status, 200);
	raw.close();
	// From one address four are at it at a time; a browser's fifth and sixth wait for those, others' don't.
	const later = [lan.open({ localAddress: "127.0.0.7" }), lan.open({ localAddress: "127.0.0.7" })].map((one) => within(one, 4000, "a place"));
	const other = await lan.open({ localAddress: "127.0.0.9" });
	assert.equal((await other.send(get(lan.origin, "/_wvwasi/theme.css")).answer()).status, 200);
	other.close();
	silent.shift().close();
	for (const raw of await Promise.all(later)) {
		assert.equal((await raw.send(get(lan.origin, "/_wvwasi/theme.css")).answer()).status, 200);
		raw.close();
	}
	// Who stays silent is hung up on after five seconds, at it or waiting; sixteen may wait, no more.
	const more = [];
	for (let i = 0; i < 18; i++)
		more.push(await lan.tcp({ localAddress: "127.0.0.7" }));
	await more.at(-1).hungUp(2000);
	await Promise.all([...silent, ...more].map((one) => one.hungUp(16_000)));
});

/** Connections from these addresses that say nothing, each replaced as soon as it is hung up on. @returns {() => void} ends it */
function holdHandshakes(addresses, each) {
	let goes = true;
	const open = new Set();
	const hold = async (localAddress) => {
		while (goes) {
			const one = await lan.tcp({ localAddress }).catch(() => null);
			if (!one)
				continue;
			open.add(one);
			await one.closed;
			open.delete(one);
		}
	};
	for (const address of addresses)
		for (let i = 0; i < each; i++)
			hold(address);
	return () => {
		goes = false;
		for (const one of open)
			one.close();
	};
}

const addresses = (from, count) => Array.from({ length: count }, (_, i) => `127.0.0.${from + i}`);

test("eight addresses that begin handshakes and don't go on keep nobody else out", async () => {
	const end = holdHandshakes(addresses(100, 8), 4);
	try {
		for (let i = 0; i < 3; i++) // all who come later, each from an address of its own: within a browser's patience
			await Promise.all(addresses(50 + 6 * i, 6).map(async (localAddress) => {
				const raw = await lan.open({ localAddress });
				assert.equal((await raw.send(get(lan.origin, "/_wvwasi/theme.css")).answer()).status, 200);
				raw.close();
			}));
	} finally {
		end();
	}
});

test("sixty addresses of that kind keep out no address that was paired", async () => {
	const end = holdHandshakes(addresses(100, 60), 1);
	try {
		for (let i = 0; i < 10; i++) { // it was paired from there
			const raw = await lan.open({ localAddress: "127.0.0.1" });
			assert.equal((await raw.send(get(lan.origin, "/_wvwasi/theme.css")).answer()).status, 200);
			raw.close();
		}
	} finally {
		end();
	}
});

test("a certificate that is due is renewed while the gateway runs, and served from then on", async () => {
	const due = await openLan(() => {}, ["--renew-every", "1"]);
	const serial = async () => {
		const raw = await due.lan.open(), { serialNumber } = raw.socket.getPeerCertificate();
		raw.close();
		return serialNumber;
	};
	try {
		const first = await serial(), at = (file) => path.join(due.lan.certs, file);
		// One of the same CA with nine days left, as if time had passed.
		const openssl = (...args) => assert.equal(spawnSync("openssl", args, { cwd: fixture.base }).status, 0, args.join(" "));
		fs.writeFileSync(path.join(fixture.base, "due.cnf"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
		openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "due.key", "-out", "due.csr", "-subj", "/O=due");
		openssl("x509", "-req", "-in", "due.csr", "-CA", at("authority.pem"), "-CAkey", at("authority.key"), "-days", "9", "-extfile", "due.cnf", "-out",
			"due.pem");
		const held = await due.lan.open(), renewed = due.gateway.next("certificate");
		fs.writeFileSync(at("gateway.pem"), fs.readFileSync(path.join(fixture.base, "due.pem"), "utf8")
			+ fs.readFileSync(path.join(fixture.base, "due.key"), "utf8"));
		await renewed;
		assert.notEqual(await serial(), first);
		assert.equal((await held.send(get(due.lan.origin, "/_wvwasi/theme.css")).answer()).status, 200, "who was there before goes on");
		held.close();
	} finally {
		await due.close();
	}
});

test("a certificate of one's own serves, and one that doesn't fit ends the start in a sentence", async () => {
	const own = path.join(fixture.base, "own.pem"), pem = fs.readFileSync(path.join(lan.certs, "gateway.pem"), "utf8");
	fs.writeFileSync(own, pem);
	const mine = await openLan(() => {}, ["--certificate", own, "--key", own]);
	mine.lan.ca = lan.ca;
	assert.equal((await mine.lan.get("/_wvwasi/theme.css")).status, 200);
	assert.equal((await mine.lan.get("/_wvwasi/ca.crt")).status, 404);
	await mine.close();
	const made = (kind) => {
		const file = path.join(fixture.base, `${kind.replace(":", "")}.pem`);
		execFileSync("openssl", ["req", "-x509", "-newkey", kind, "-nodes", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "9", "-keyout",
			`${file}.key`, "-out", `${file}.crt`],
			{ stdio: "ignore" });
		fs.writeFileSync(file, fs.readFileSync(`${file}.key`, "utf8") + fs.readFileSync(`${file}.crt`, "utf8"));
		return file;
	};
	const rows = [[["--lan=127.0.0.77", "--certificate", own, "--key", own], 1, /the certificate is for .*127\.0\.0\.1.*, not for 127\.0\.0\.77/],
		[["--lan=127.0.0.1", "--certificate", own, "--key", path.join(lan.certs, "authority.key")], 1, /key doesn.t belong to the certificate/],
		[["--lan=127.0.0.1", "--certificate", "/nowhere.pem", "--key", own], 1, /No such file or directory: cannot read the certificate '\/nowhere\.pem'/],
		[["--lan=127.0.0.1", "--certificate", own], 2, /go together/], [["--certificate", own, "--key", own], 2, /require --lan/],
		[["--lan=127.0.0.1", "--certificate", made("ed25519"), "--key", made("ed25519")], 1, /kind that can't be used here \(Ed25519\?\)/],
		[["--lan=127.0.0.1", "--certificate", made("rsa:1024"), "--key", made("rsa:1024")], 1, /RSA key has 1024 bits, browsers refuse less than 2048/],
		[["--lan=192.0.2.7"], 1, /192\.0\.2\.7/], [["--lan=here"], 1, /--lan 'here' isn't an IPv4 address/]];
	for (const [args, code, says] of rows) {
		const env = { ...process.env, XDG_DATA_HOME: lan.data, XDG_STATE_HOME: path.join(fixture.base, "state") };
		const { status, stderr } = spawnSync(binary, ["--root", fixture.root, "--port", "0", ...args], { env, encoding: "utf8", timeout: 10_000 });
		assert.equal(status, code, stderr);
		assert.match(stderr, says);
	}
});
