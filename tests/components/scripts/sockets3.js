// wasi:sockets of 0.3, used as its WIT says: sockets3 NAME STREAM DATAGRAM CLOSED OWN, as sockets.js. Prints `ok PROMISE` or `not ok PROMISE: what was`.
import { getArguments } from "wasi:cli/environment@0.3.0";
import { writeViaStream } from "wasi:cli/stdout@0.3.0";
import { waitFor } from "wasi:clocks/monotonic-clock@0.3.0";
import { resolveAddresses } from "wasi:sockets/ip-name-lookup@0.3.0";
import { TcpSocket, UdpSocket } from "wasi:sockets/types@0.3.0";

const MS = 1_000_000;
const BYTES = wit.Stream.U8_2; // of sockets: cli's have a type of their own
const bytesOf = text => Uint8Array.from(text, letter => letter.charCodeAt(0));
const textOf = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");
const address = (port, bytes = [127, 0, 0, 1]) => ({ tag: "ipv4", val: { port, address: bytes } });
const shown = ({ tag, val }) => `${tag} ${val.address.join(".")}`;

let said = "", failed = 0;
function check(promise, was, wanted = true) {
	const same = JSON.stringify(was) === JSON.stringify(wanted);
	failed += same ? 0 : 1;
	said += same ? `ok ${promise}\n` : `not ok ${promise}: ${JSON.stringify(was)}\n`;
}

/** Why a function of the interface failed; of others, their error. */
function reasonOf(error) {
	const reason = error?.payload ?? error;
	return reason?.tag ?? (reason?.stack ? `${reason} ${reason.stack}` : reason);
}

/** What it throws, or rejects with; or "nothing". */
async function thrown(act) {
	try {
		await act();
		return "nothing";
	} catch (error) {
		return reasonOf(error);
	}
}

/** Reads so many bytes, or to the end. */
async function readAll(stream, length = Infinity) {
	let text = "";
	for (let part; text.length < length && (part = await stream.read(65536)).length > 0;)
		text += textOf(part);
	return text;
}

async function connected(port) {
	const socket = TcpSocket.create("ipv4");
	await socket.connect(address(port));
	const { readable, writable } = wit.Stream(BYTES);
	const sent = socket.send(readable), [input, received] = socket.receive();
	return { socket, writable, sent, input, received };
}

/** Writes so many bytes and reads at once what comes back: is it the same? */
async function flood({ writable, input }, pieces) {
	const piece = Uint8Array.from({ length: 60_000 }, (_, i) => i % 251);
	let got = 0, isSame = true;
	const reads = (async () => {
		while (got < pieces * piece.length) {
			const bytes = await input.read(300_000);
			for (let i = 0; i < bytes.length; i += 101)
				isSame &&= bytes[i] === piece[(got + i) % piece.length];
			got += bytes.length;
		}
	})();
	for (let i = 0; i < pieces; i++)
		await writable.writeAll(piece);
	await reads;
	return isSame && got === pieces * piece.length;
}

async function streams(name, port, closed) {
	const found = await resolveAddresses(name);
	check("a name is looked up", found.some(({ tag, val }) => tag === "ipv4" && val.join(".") === "127.0.0.1"));
	check("a name that nobody has", await thrown(() => resolveAddresses("nobody.invalid")), "access-denied");
	check("no name", await thrown(() => resolveAddresses("")), "invalid-argument");
	const echo = await connected(port);
	check("get-remote-address", shown(echo.socket.getRemoteAddress()), "ipv4 127.0.0.1");
	check("get-local-address", [echo.socket.getLocalAddress().val.port > 0, echo.socket.getAddressFamily(), echo.socket.getIsListening()], [true, "ipv4", false]);
	const first = echo.input.read(100);
	check("a clock comes first where nothing has come", await Promise.race([first, waitFor(MS).then(() => "clock")]), "clock");
	await echo.writable.writeAll(bytesOf("hello"));
	check("what is sent comes back, to a read that was begun before", textOf(await first), "hello");
	echo.socket.setKeepAliveEnabled(true);
	echo.socket.setKeepAliveIdleTime(1_500_000_000);
	check("options", [echo.socket.getKeepAliveEnabled(), echo.socket.getKeepAliveIdleTime(), echo.socket.getHopLimit()].map(String), ["true", "2000000000", "64"]);
	check("an option of 0", await thrown(() => echo.socket.setKeepAliveCount(0)), "invalid-argument");
	echo.socket.setSendBufferSize(32768);
	check("a buffer's size", String(echo.socket.getSendBufferSize()), "32768");
	check("more than buffers hold goes while it is read", await flood(echo, 100));
	const [other, ended] = echo.socket.receive();
	check("a second receive has nothing", [(await other.read(1)).length, (await ended.read()).val.tag], [0, "invalid-state"]);
	echo.writable.drop();
	check("the end of what is sent", (await echo.sent.read()).tag, "ok");
	check("and of what comes", [await readAll(echo.input), (await echo.received.read()).tag], ["", "ok"]);
	check("nobody listens", await thrown(() => connected(closed)), "connection-refused");
	check("no rule allows it", await thrown(() => connected(1)), "access-denied");
}

async function states() {
	const socket = TcpSocket.create("ipv4"), { readable, writable } = wit.Stream(BYTES);
	check("sending before it is connected", (await socket.send(readable).read()).val?.tag, "invalid-state");
	writable.drop();
	check("connecting to any address", await thrown(() => socket.connect(address(80, [0, 0, 0, 0]))), "invalid-argument");
	check("to another family's", await thrown(() => socket.connect({ tag: "ipv6",
		val: { port: 80, flowInfo: 0, address: [0, 0, 0, 0, 0, 0, 0, 1], scopeId: 0 } })), "invalid-argument");
	check("no address yet", [await thrown(() => socket.getLocalAddress()), await thrown(() => socket.getRemoteAddress())], ["invalid-state", "invalid-state"]);
}

async function server(port) {
	const listener = TcpSocket.create("ipv4");
	listener.bind(address(port));
	const clients = listener.listen(), coming = clients.read(1);
	check("it listens", [listener.getIsListening(), listener.getLocalAddress().val.port], [true, port]);
	const client = await connected(port), [socket] = await coming;
	check("who has come", shown(socket.getRemoteAddress()), "ipv4 127.0.0.1");
	await client.writable.writeAll(bytesOf("to itself"));
	client.writable.drop();
	const [input] = socket.receive(), { readable, writable } = wit.Stream(BYTES), sent = socket.send(readable);
	await writable.writeAll(bytesOf((await readAll(input)).toUpperCase()));
	writable.drop();
	check("both ends", [await readAll(client.input), (await sent.read()).tag], ["TO ITSELF", "ok"]);
	const through = await connected(port), [its] = await clients.read(1), [comes] = its.receive(), passed = its.send(comes);
	await through.writable.writeAll(bytesOf("passed on"));
	through.writable.drop();
	check("a stream from one to the other", [await readAll(through.input), (await passed.read()).tag], ["passed on", "ok"]);
}

async function datagrams(port) {
	const socket = UdpSocket.create("ipv4");
	check("receiving unbound", await thrown(() => socket.receive()), "invalid-state");
	check("to nobody", await thrown(() => socket.send(bytesOf("x"), null)), "invalid-argument");
	socket.bind(address(0, [0, 0, 0, 0]));
	const one = socket.receive();
	await socket.send(bytesOf("one"), address(port));
	const [data, from] = await one;
	check("datagrams come back, with who sent them", [textOf(data), shown(from), from.val.port], ["one", "ipv4 127.0.0.1", port]);
	check("no rule allows it", await thrown(() => socket.send(bytesOf("x"), address(1))), "access-denied");
	socket.connect(address(port));
	await socket.send(bytesOf("two"), null);
	check("to the one peer", textOf((await socket.receive())[0]), "two");
	check("get-remote-address", socket.getRemoteAddress().val.port, port);
}

export const run = {
	async run() {
		const [, name, stream, datagram, closed, own] = getArguments().map((text, i) => (i < 2 ? text : Number(text)));
		const parts = { streams: () => streams(name, stream, closed), states, server: () => server(own), datagrams: () => datagrams(datagram) };
		for (const [what, act] of Object.entries(parts))
			try {
				await act();
			} catch (error) {
				check(what, reasonOf(error), "whole");
			}
		const { readable, writable } = wit.Stream(wit.Stream.U8), printed = writeViaStream(readable);
		await writable.writeAll(bytesOf(said));
		writable.drop();
		await printed.read();
		if (failed > 0)
			throw undefined;
	},
};
