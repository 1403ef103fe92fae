// Real peers for tests of --net: nginx with TLS, a CA of our own, and connect()'s calls in Node as a page makes them.
import { execFileSync, spawn } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import WebSocket from "ws";

import { connect } from "../../static/shim/calls.js";

/* Below those that the kernel gives to who asks for any (32768 and above): one of these may be given to another process before the test uses it. */
const PORTS = { first: 20_000, count: 10_000 };

/** A port at which nothing listens now. @returns {Promise<number>} */
export const freePort = () => new Promise((resolve) => {
	const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
	const server = net.createServer().once("error", () => resolve(freePort())).listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
});

/** Waits until the process listens at that port; rejects if it ends before. */
export async function listening(port, child) {
	let ended = null;
	child.once("exit", (code) => (ended = code));
	for (;;) {
		const socket = net.connect(port, "127.0.0.1");
		const got = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
		socket.destroy();
		if (got)
			return;
		if (ended !== null)
			throw new Error(`it ended with ${ended}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** Servers for tests/guests/network.c: { args: its arguments, net: the rules that it needs, close: ends them }. */
export async function networkPeers() {
	const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket));
	const datagrams = dgram.createSocket("udp4", (bytes, { port, address }) => datagrams.send(bytes, port, address));
	await once(echo.listen(0, "127.0.0.1"), "listening");
	datagrams.bind(0, "127.0.0.1");
	await once(datagrams, "listening");
	const [stream, datagram, closed, own] = [echo.address().port, datagrams.address().port, await freePort(), await freePort()];
	return {
		args: ["localhost", ...[stream, datagram, closed, own].map(String)],
		net: [`tcp:localhost:${stream}`, `tcp:127.0.0.1:${stream}`, `udp:127.0.0.1:${datagram}`, `tcp:127.0.0.1:${closed}`, `listen:127.0.0.1:${own}`, `tcp:127.0.0.1:${own}`]
			.flatMap((rule) => ["--net", rule]),
		close() {
			echo.close();
			datagrams.close();
		},
	};
}

/** A CA, and a certificate of it: { folder, ca, cert, key }. */
export function certificate(names) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-peer-"));
	const run = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
	fs.chmodSync(folder, 0o755);
	run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3", "-subj",
		"/CN=test-ca");
	fs.writeFileSync(path.join(folder, "ext"), `subjectAltName=${names}\n`);
	run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "csr", "-subj", "/CN=peer");
	run("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", "cert.pem");
	return { folder, ca: path.join(folder, "ca.pem"), cert: path.join(folder, "cert.pem"), key: path.join(folder, "key.pem") };
}

/** nginx at a plain and a TLS port, with these locations: { plain, secure, root, stop }. */
export async function startNginx({ folder }, locations) {
	const [plain, secure] = [await freePort(), await freePort()];
	const root = path.join(folder, "www");
	fs.mkdirSync(root);
	fs.writeFileSync(path.join(folder, "nginx.conf"), `daemon off; worker_processes 1; pid nginx.pid; error_log error.log; user root;
events { worker_connections 400; }
http { access_log off; client_max_body_size 0; client_body_temp_path body; proxy_temp_path p;
fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; default_type text/plain;
 server { listen 127.0.0.1:${plain}; listen 127.0.0.1:${secure} ssl http2; ssl_certificate cert.pem; ssl_certificate_key key.pem; root ${root};
 ${locations({ plain, secure })} } }
`);
	const child = spawn("nginx", ["-p", `${folder}/`, "-c", "nginx.conf"], { stdio: "ignore" });
	await listening(plain, child);
	return { plain, secure, root, async stop() {
		child.kill();
		await once(child, "exit");
	} };
}

/** The shim's connect() in Node, with the origin of the fixture's app. */
export async function callsOf(fixture) {
	const { origin } = fixture.session;
	class FromTheApp extends WebSocket {
		constructor(url, protocols) {
			super(url, protocols, { origin, perMessageDeflate: false });
		}
	}
	const [ticket] = await fixture.session.tickets();
	return connect({ ticket: () => ticket, url: `${origin.replace(/^http/, "ws")}/_wvwasi/ws`, Socket: FromTheApp, preopens: {} });
}
