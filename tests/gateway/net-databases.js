// Databases of Debian's for tests of --net, each in a folder of its own, on loopback, as a user without rights.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { freePort } from "./net-peers.js";

const NOBODY = 65534;
/** PostgreSQL refuses to run as root. */
const as = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

function ownFolder(name) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), `wvwasi-${name}-`));
	if (as.uid !== undefined)
		fs.chownSync(folder, as.uid, as.gid);
	return folder;
}

/* Starts it and waits until it says that it is ready. Gives what ends it and removes its folder. */
async function started(program, args, { folder, ready, signal }) {
	const child = spawn(program, args, { ...as, cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
	const ended = once(child, "exit");
	let said = "";
	const isReady = new Promise((resolve, reject) => {
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding("utf8").on("data", (text) => ready.test(said += text) && resolve());
		child.on("exit", (code) => reject(new Error(`${path.basename(program)} ended with ${code}: ${said}`)));
	});
	const stop = async () => {
		child.kill(signal);
		await ended;
		fs.rmSync(folder, { recursive: true, force: true });
	};
	await isReady.catch(async (error) => {
		fs.rmSync(folder, { recursive: true, force: true });
		throw error;
	});
	return stop;
}

/** The newest PostgreSQL's programs. */
function postgresFolder() {
	const versions = fs.readdirSync("/usr/lib/postgresql").sort((a, b) => a - b);
	return `/usr/lib/postgresql/${versions.at(-1)}/bin`;
}

/**
 * PostgreSQL with a user and a password (SCRAM), by TLS where whoever connects wants it.
 * @param {{ cert: string, key: string }} certificate of net-peers.js
 * @returns {Promise<{ port: number, user: string, password: string, psql: (sql: string) => Buffer, stop: () => Promise<void> }>} psql: a native client
 */
export async function startPostgres({ cert, key }) {
	const bin = postgresFolder(), folder = ownFolder("postgres"), port = await freePort(), user = "tester", password = "s3cret, really";
	const inside = (name) => path.join(folder, name);
	for (const [name, text] of [["password", password], ["cert.pem", fs.readFileSync(cert)], ["key.pem", fs.readFileSync(key)]]) {
		fs.writeFileSync(inside(name), text, { mode: 0o600 });
		if (as.uid !== undefined)
			fs.chownSync(inside(name), as.uid, as.gid);
	}
	execFileSync(path.join(bin, "initdb"), ["--no-sync", "--auth=scram-sha-256", "--username", user, "--pwfile", inside("password"), "--encoding=UTF8",
		"--locale=C", inside("data")], { ...as, cwd: folder, stdio: "pipe" });
	const settings = { port, listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off", ssl: "on", ssl_cert_file: inside("cert.pem"),
		ssl_key_file: inside("key.pem"), max_connections: 20 };
	const stop = await started(path.join(bin, "postgres"), ["-D", inside("data"), ...Object.entries(settings).flatMap(([name, value]) => ["-c",
		`${name}=${value}`])], { folder, ready: /ready to accept connections/, signal: "SIGINT" });
	const env = { PGPASSWORD: password, PGOPTIONS: "-c client_min_messages=warning", LC_ALL: "C.UTF-8" };
	return { port, user, password, stop, psql: (sql) => execFileSync(path.join(bin, "psql"), ["--no-psqlrc", "-q", "-At", "-c", sql,
		`host=127.0.0.1 port=${port} dbname=postgres user=${user} sslmode=require`], { env, maxBuffer: 1 << 26 }) };
}

/** redis-server: { port, stop }. */
export async function startRedis() {
	const folder = ownFolder("redis"), port = await freePort();
	const stop = await started("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--enable-debug-command", "local"],
		{ folder, ready: /[Rr]eady to accept connections/, signal: "SIGTERM" });
	return { port, stop };
}
