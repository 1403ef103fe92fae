// A client of the wire in plain Node, written from PROTOCOL.md and syscalls.json beside it alone: prints files of the granted folders.
//   node client.js LINK /path...
// LINK is what the gateway prints. Every call waits for its answer; standard input, leases and hints are left out.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";

const tables = JSON.parse(readFileSync(new URL("./syscalls.json", import.meta.url)));
const FRAME = Object.fromEntries(tables.frames.map(({ name, type }) => [name, type]));
const HELLO_NEW = 1, HELLO_STDIN_EOF = 32, BATCH_WAIT = 1;

const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt.asUintN(64, BigInt(value))).buffer);
const string = (value) => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);

/* ---- getting in ---- */

function request(origin, path, headers, body) {
	return new Promise((resolve, reject) => {
		const sent = http.request(origin + path, { method: body ? "POST" : "GET", headers: { Origin: origin, ...headers } });
		sent.on("response", async (response) => {
			const text = Buffer.concat(await response.toArray()).toString();
			return response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${path}: ${response.statusCode} ${text}`));
		}).on("upgrade", (_, socket, head) => resolve({ socket, head })).on("error", reject);
		sent.end(body && JSON.stringify(body));
	});
}

async function enter(link) {
	const { origin, hash } = new URL(link);
	const json = { "Content-Type": "application/json" };
	const { secret } = await request(origin, "/_wvwasi/claim", json, { token: new URLSearchParams(hash.slice(1)).get("k") });
	const { tickets: [ticket] } = await request(origin, "/_wvwasi/ticket", { ...json, "Wvwasi-Secret": secret }, { count: 1 });
	return request(origin, "/_wvwasi/ws", { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": randomBytes(16).toString("base64"), "Sec-WebSocket-Protocol": `wvwasi.1, t.${ticket}` });
}

/* ---- WebSocket, RFC 6455: one message out, a stream of frames' bytes in ---- */

function sendMessage(socket, payload) {
	const mask = randomBytes(4), length = Buffer.alloc(8);
	length.writeBigUInt64BE(BigInt(payload.length));
	socket.write(Buffer.concat([Buffer.from([0x82, 0x80 | 127]), length, mask, payload.map((byte, i) => byte ^ mask[i & 3])]));
}

/** The payloads of the server's messages, one after the other; a close of theirs is an error with its code and reason. */
async function* payloads({ socket, head }) {
	let have = head;
	const chunks = socket[Symbol.asyncIterator]();
	async function take(length) {
		while (have.length < length) {
			const { value, done } = await chunks.next();
			if (done)
				throw new Error("the gateway hung up");
			have = Buffer.concat([have, value]);
		}
		const taken = have.subarray(0, length);
		have = have.subarray(length);
		return taken;
	}
	for (;;) {
		const [first, second] = await take(2);
		const length = second < 126 ? second : second === 126 ? (await take(2)).readUInt16BE() : Number((await take(8)).readBigUInt64BE());
		const payload = await take(length);
		if ((first & 15) === 8)
			throw new Error(`closed: ${payload.readUInt16BE()} ${payload.subarray(2)}`);
		yield payload;
	}
}

/* ---- the client ---- */

class Client {
	#socket;
	#messages;
	#have = Buffer.alloc(0);
	#sequence = 0;

	/** Claims the link and begins a program. @param {string} link @param {string[]} args */
	async start(link, args) {
		const upgraded = await enter(link);
		this.#socket = upgraded.socket;
		this.#messages = payloads(upgraded);
		const list = (items) => Buffer.concat([u32(items.length), ...items.map(string)]);
		this.#send(FRAME.HELLO, 0, 0, u32(tables["wire version"]), u64(`0x${tables["table hash"]}`), u32(HELLO_NEW | HELLO_STDIN_EOF),
			u32(0), u32(0), u32(0), list(args), list([]), u32(0), string(""));
		this.preopens = preopensOf((await this.#next(FRAME.WELCOME)).body);
	}

	close() {
		this.#socket?.destroy();
	}

	#send(type, flags, count, ...parts) {
		const body = Buffer.concat(parts);
		sendMessage(this.#socket, Buffer.concat([u32(8 + body.length), Uint8Array.of(type, flags, count & 255, count >> 8), body]));
	}

	/** The next frame of that type; others are skipped, REFUSED and ENDED are errors. */
	async #next(wanted) {
		for (;;) {
			while (this.#have.length < 8 || this.#have.length < this.#have.readUInt32LE())
				this.#have = Buffer.concat([this.#have, (await this.#messages.next()).value]);
			const length = this.#have.readUInt32LE(), type = this.#have[4], body = this.#have.subarray(8, length);
			this.#have = this.#have.subarray(length);
			if (type === wanted)
				return { body };
			if (type === FRAME.REFUSED || type === FRAME.ENDED)
				throw new Error(body.subarray(type === FRAME.REFUSED ? 12 : 8).toString());
		}
	}

	/** One call by the table's letters: what it gives, by name. Rejects with the errno's name. */
	async call(name, ...args) {
		const row = tables.calls.find((call) => call.name === name);
		const bytes = Buffer.concat(row.takes.map(([letter], i) => (letter === "q" ? u64(args[i]) : "pb".includes(letter) ? string(args[i]) : u32(args[i]))));
		this.#send(FRAME.BATCH, BATCH_WAIT, 1, u32(++this.#sequence), u32(this.#sequence - 1), u32(row.number), u32(bytes.length), bytes);
		const { body } = await this.#next(FRAME.ANSWER);
		const errno = body.readUInt16LE(26);
		if (errno !== 0)
			throw new Error(`${name}: ${Object.keys(tables.values.errno)[errno]}`);
		return givenBy(row, body.subarray(32));
	}
}

function givenBy(row, bytes) {
	const given = {};
	let at = 0;
	for (const [letter, name] of row.gives) {
		const size = { w: 4, q: 8, F: 24, S: 64, b: bytes.length - at }[letter];
		const part = bytes.subarray(at, at += size);
		given[name] = letter === "w" ? part.readUInt32LE() : letter === "q" ? part.readBigUInt64LE() : part;
	}
	return given;
}

/** WELCOME's preopens: name -> handle. */
function preopensOf(body) {
	let at = 4;
	const number = () => body.readUInt32LE((at += 4) - 4);
	const text = () => body.subarray(at + 4, at += 4 + body.readUInt32LE(at)).toString();
	const preopens = {};
	text(), text(); // key, scope
	for (let list = 0; list < 2; list++) // arguments, environment
		for (let left = number(); left > 0; left--)
			text();
	for (let left = number(); left > 0; left--) {
		const handle = number();
		number(); // flags
		preopens[text()] = handle;
		at += 24 + 64; // fdstat, filestat
	}
	return preopens;
}

const [link, ...files] = process.argv.slice(2);
const { FD_READ } = tables.values.rights;
const client = new Client();
try {
	await client.start(link, ["cat", ...files]);
	let slot = Math.max(...Object.values(client.preopens)) + 1;
	for (const file of files) {
		const name = Object.keys(client.preopens).filter((folder) => `${file}/`.startsWith(folder)).sort((a, b) => b.length - a.length)[0];
		const handle = slot++;
		await client.call("path_open", client.preopens[name], 0, file.slice(name.length).replace(/^\/+/, ""), 0, FD_READ, 0, 0, handle);
		for (let offset = 0, bytes; bytes?.length !== 0; offset += bytes.length) {
			({ bytes } = await client.call("fd_read", handle, offset, 65536));
			process.stdout.write(bytes);
		}
		await client.call("fd_close", handle);
	}
	await client.call("proc_exit", 0);
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
} finally {
	client.close();
}
