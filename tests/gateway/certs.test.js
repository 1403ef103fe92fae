// `wvwasi-gw cert`: what it makes, as openssl sees it; what a stolen CA key is good for; what it says when something is wrong.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { binary } from "./gateway.js";

const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-certs-"));
after(() => fs.rmSync(base, { recursive: true, force: true }));

const fixture = (name) => {
	const data = path.join(base, name), folder = path.join(data, "wvwasi-gw/certs");
	return {
		at: (file) => path.join(folder, file),
		cert: (...args) => spawnSync(binary, ["cert", ...args], { env: { ...process.env, XDG_DATA_HOME: data }, encoding: "utf8" }),
	};
};
const openssl = (...args) => execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
/** Does openssl, strict, take the certificate for a server of that name? */
const verifies = (authority, certificate, ...names) =>
	spawnSync("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority, ...names, certificate]).status === 0;

/** What a thief of the CA's key would make. */
function forge(where, { at }, extensions, issuer = [at("authority.pem"), at("authority.key")]) {
	const [key, request, certificate, config] = ["key", "csr", "pem", "cnf"].map((kind) => path.join(base, `${where}.${kind}`));
	fs.writeFileSync(config, extensions);
	openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", "/O=a thief");
	openssl("x509", "-req", "-in", request, "-CA", issuer[0], "-CAkey", issuer[1], "-days", "9", "-extfile", config, "-out", certificate);
	return { certificate, key };
}

test("openssl takes the certificate for its addresses and the machine's name, and for no others", () => {
	const { at, cert } = fixture("plain");
	const made = cert("192.168.7.7", "fd00::7");
	assert.equal(made.status, 0, made.stderr);
	const machine = `${os.hostname().split(".")[0].toLowerCase()}.local`;
	for (const [option, name, good] of [["-verify_ip", "192.168.7.7", true], ["-verify_ip", "fd00::7", true], ["-verify_hostname", machine, true],
		["-verify_ip", "192.168.7.8", false], ["-verify_hostname", "localhost", false]])
		assert.equal(verifies(at("authority.pem"), at("gateway.pem"), option, name), good, name);
	for (const [file, mode] of [["authority.key", 0o600], ["gateway.pem", 0o600], ["authority.pem", 0o644]])
		assert.equal(fs.statSync(at(file)).mode & 0o777, mode, file);
	assert.equal(fs.statSync(path.dirname(at("x"))).mode & 0o777, 0o700);
	// RFC 5758: ECDSA's algorithm has no parameters, not even NULL. Chromium takes it seriously.
	for (const file of ["authority.pem", "gateway.pem"])
		assert.doesNotMatch(openssl("asn1parse", "-in", at(file)), /ecdsa-with-SHA256\s*\n.*NULL/, file);
	const fingerprint = openssl("x509", "-in", at("authority.pem"), "-noout", "-fingerprint", "-sha256").trim().split("=")[1];
	assert.ok(made.stdout.includes(fingerprint), "the fingerprint is openssl's");
});

test("a stolen CA key imitates private machines alone: no web site, no other name, no further CA", () => {
	const fixture_ = fixture("stolen"), { at, cert } = fixture_;
	assert.equal(cert().status, 0);
	const machine = `${os.hostname().split(".")[0].toLowerCase()}.local`;
	const server = (name) => `subjectAltName=${name}\nextendedKeyUsage=serverAuth\n`;
	const rows = [["IP:10.20.30.40", true], [`DNS:${machine}`, true], ["IP:8.8.8.8", false], ["IP:2001:db8::1", false], ["DNS:bank.example", false],
		["DNS:other.local", false], [`DNS:x${machine}`, false]];
	rows.forEach(([name, good], i) => assert.equal(verifies(at("authority.pem"), forge(`forged-${i}`, fixture_, server(name)).certificate), good, name));
	const further = forge("further", fixture_, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
	const below = forge("below", fixture_, server("IP:10.0.0.1"), [further.certificate, further.key]);
	assert.equal(verifies(at("authority.pem"), below.certificate, "-untrusted", further.certificate), false, "a further CA");
	const client = forge("client", fixture_, "subjectAltName=IP:10.0.0.1\nextendedKeyUsage=clientAuth\n");
	const asClient = spawnSync("openssl", ["verify", "-purpose", "sslclient", "-CAfile", at("authority.pem"), client.certificate]);
	assert.notEqual(asClient.status, 0, "a client");
});

test("--forget-key leaves a certificate for 397 days and nothing to sign with; --new begins anew", () => {
	const { at, cert } = fixture("forget");
	assert.equal(cert("10.0.0.5", "--forget-key").status, 0);
	assert.equal(fs.existsSync(at("authority.key")), false);
	assert.equal(verifies(at("authority.pem"), at("gateway.pem"), "-verify_ip", "10.0.0.5"), true);
	const days = 24 * 60 * 60, lasts = (time) => spawnSync("openssl", ["x509", "-in", at("gateway.pem"), "-noout", "-checkend", String(time)]).status === 0;
	assert.ok(lasts(396 * days) && !lasts(398 * days));
	const refused = cert("10.0.0.6");
	assert.equal(refused.status, 1);
	assert.match(refused.stderr, /^wvwasi-gw: the CA's key was removed.*cert --new\)\n$/);
	const old = fs.readFileSync(at("authority.pem"));
	assert.equal(cert("10.0.0.6", "--new").status, 0);
	assert.notDeepEqual(fs.readFileSync(at("authority.pem")), old);
	assert.equal(verifies(at("authority.pem"), at("gateway.pem"), "-verify_ip", "10.0.0.6"), true);
});

test("what is wrong is said in a sentence: exit 2 for words, 1 for files", () => {
	const { at, cert } = fixture("wrong");
	assert.equal(cert().status, 0);
	const rows = [[["--what"], 2, /cert has no such option/, 0o600], [["bank.example"], 2, /not an address: 'bank.example'/, 0o600],
		[["8.8.8.8"], 1, /private addresses: '8.8.8.8'/, 0o600], [["10.0.0.9"], 1, /other users may read the CA's key/, 0o640]];
	for (const [args, status, says, mode] of rows) {
		fs.chmodSync(at("authority.key"), mode);
		const refused = cert(...args);
		assert.equal(refused.status, status, refused.stderr);
		assert.match(refused.stderr, says);
	}
	fs.chmodSync(at("authority.key"), 0o600);
	fs.writeFileSync(at("authority.pem"), "not PEM");
	assert.match(cert("10.0.0.9").stderr, /not a certificate: '.*authority.pem'/);
});
