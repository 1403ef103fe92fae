// wasi:sockets of 0.2, used as its WIT says: sockets NAME STREAM DATAGRAM CLOSED OWN. NAME is this machine's; at STREAM and DATAGRAM (ports of 127.0.0.1)
// what is sent comes back, at CLOSED nothing listens, at OWN it listens itself. Another port isn't allowed. Prints `ok PROMISE` or `not ok PROMISE: what was`.
import { getArguments } from "wasi:cli/environment@0.2.12";
import { getStdout } from "wasi:cli/stdout@0.2.12";
import { subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.12";
import { poll } from "wasi:io/poll@0.2.12";
import { instanceNetwork } from "wasi:sockets/instance-network@0.2.12";
import { resolveAddresses } from "wasi:sockets/ip-name-lookup@0.2.12";
import { createTcpSocket } from "wasi:sockets/tcp-create-socket@0.2.12";
import { createUdpSocket } from "wasi:sockets/udp-create-socket@0.2.12";

const bytesOf = text => Uint8Array.from(text, letter => letter.charCodeAt(0));
const textOf = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");
const address = (port, bytes = [127, 0, 0, 1]) => ({ tag: "ipv4", val: { port, address: bytes } });
const shown = ({ tag, val }) => `${tag} ${val.address.join(".")}`;

let failed = 0;
function check(promise, was, wanted = true) {
	const same = JSON.stringify(was) === JSON.stringify(wanted);
	failed += same ? 0 : 1;
	getStdout().blockingWriteAndFlush(bytesOf(same ? `ok ${promise}\n` : `not ok ${promise}: ${JSON.stringify(was)}\n`));
}

/** Why a function of the interface failed; of others, their error. */
function reasonOf(error) {
	const reason = error?.payload ?? error;
	return reason?.tag ?? (reason?.stack ? `${reason} ${reason.stack}` : reason);
}

/** What it throws, or "nothing". */
function thrown(act) {
	try {
		act();
		return "nothing";
	} catch (error) {
		return reasonOf(error);
	}
}

/** What finish() gives once it doesn't say that it would block. */
function finished(socket, finish) {
	for (;;)
		try {
			return finish();
		} catch (error) {
			if (reasonOf(error) !== "would-block")
				throw error;
			socket.subscribe().block();
		}
}

function connected(network, port) {
	const socket = createTcpSocket("ipv4");
	socket.startConnect(network, address(port));
	const [input, output] = finished(socket, () => socket.finishConnect());
	return { socket, input, output };
}

/** Reads so many bytes, or to the end. */
function readAll(input, length = Infinity) {
	let text = "";
	while (text.length < length)
		try {
			text += textOf(input.blockingRead(65536));
		} catch (error) {
			if (reasonOf(error) !== "closed")
				throw error;
			break;
		}
	return text;
}

/** Writes until no more is allowed, since nobody reads what comes back; then reads it all, and writes no more. Gives whether it was the same. */
function flood({ input, output }) {
	const piece = Uint8Array.from({ length: 60_000 }, (_, i) => i % 251), can = output.subscribe();
	let sent = 0, got = 0, isSame = true, isHeld = false;
	while (!isHeld && sent < 256 << 20) { // what is on its way still leaves, so it may be allowed again for a while
		while (output.checkWrite() >= piece.length) {
			output.write(piece);
			sent += piece.length;
		}
		isHeld = poll([can, subscribeDuration(20_000_000)]).includes(1);
	}
	while (got < sent) {
		const bytes = input.blockingRead(300_000);
		for (let i = 0; i < bytes.length; i += 101)
			isSame &&= bytes[i] === piece[(got + i) % piece.length];
		got += bytes.length;
	}
	can.block();
	return [isHeld, isSame, output.checkWrite() > 0];
}

function streams(network, name, port, closed) {
	const found = resolveAddresses(network, name), all = [];
	for (let next; (next = found.resolveNextAddress()) !== null;)
		all.push(next);
	check("a name is looked up", all.some(({ tag, val }) => tag === "ipv4" && val.join(".") === "127.0.0.1"));
	check("a name that nobody has", thrown(() => resolveAddresses(network, "nobody.invalid").resolveNextAddress()), "access-denied");
	const echo = connected(network, port);
	check("remote-address", shown(echo.socket.remoteAddress()), "ipv4 127.0.0.1");
	check("local-address", [echo.socket.localAddress().val.port > 0, echo.socket.addressFamily(), echo.socket.isListening()], [true, "ipv4", false]);
	check("nothing has come yet", echo.input.read(100).length, 0);
	echo.output.blockingWriteAndFlush(bytesOf("hello"));
	check("what is sent comes back", readAll(echo.input, 5), "hello");
	check("a poll ends by its clock", poll([echo.input.subscribe(), subscribeDuration(1_000_000)]), [1]);
	echo.socket.setKeepAliveEnabled(true);
	echo.socket.setKeepAliveIdleTime(1_500_000_000);
	check("options", [echo.socket.keepAliveEnabled(), echo.socket.keepAliveIdleTime(), echo.socket.hopLimit()], [true, 2_000_000_000, 64]);
	check("an option of 0", thrown(() => echo.socket.setKeepAliveCount(0)), "invalid-argument");
	echo.socket.setReceiveBufferSize(32768);
	check("a buffer's size", (echo.socket.setSendBufferSize(32768), echo.socket.sendBufferSize()), 32768);
	check("more than buffers hold waits, and leaves while it reads", flood(echo), [true, true, true]);
	echo.socket.shutdown("send");
	check("writing after shutdown fails", thrown(() => echo.output.blockingWriteAndFlush(bytesOf("x"))), "last-operation-failed");
	check("the end", readAll(echo.input), "");
	check("and it stays", thrown(() => echo.input.read(1)), "closed");
	check("nobody listens", thrown(() => connected(network, closed)), "connection-refused");
	check("no rule allows it", thrown(() => connected(network, 1)), "access-denied");
}

function states(network) {
	const socket = createTcpSocket("ipv4");
	check("finish before start", thrown(() => socket.finishConnect()), "not-in-progress");
	check("listening unbound", thrown(() => socket.startListen()), "invalid-state");
	check("accepting without listening", thrown(() => socket.accept()), "invalid-state");
	check("connecting to any address", thrown(() => socket.startConnect(network, address(80, [0, 0, 0, 0]))), "invalid-argument");
	check("to another family's", thrown(() => socket.startConnect(network,
		{ tag: "ipv6", val: { port: 80, flowInfo: 0, address: [0, 0, 0, 0, 0, 0, 0, 1], scopeId: 0 } })), "invalid-argument");
	check("no address yet", [thrown(() => socket.localAddress()), thrown(() => socket.remoteAddress())], ["invalid-state", "invalid-state"]);
}

function server(network, port) {
	const listener = createTcpSocket("ipv4");
	listener.startBind(network, address(port));
	listener.finishBind();
	listener.startListen();
	listener.finishListen();
	check("it listens", [listener.isListening(), listener.localAddress().val.port], [true, port]);
	check("nobody has come", thrown(() => listener.accept()), "would-block");
	const client = connected(network, port);
	listener.subscribe().block();
	const [socket, input, output] = listener.accept();
	check("who has come", shown(socket.remoteAddress()), "ipv4 127.0.0.1");
	client.output.blockingWriteAndFlush(bytesOf("to itself"));
	client.socket.shutdown("send");
	output.blockingWriteAndFlush(bytesOf(readAll(input).toUpperCase()));
	socket.shutdown("both");
	check("both ends", readAll(client.input), "TO ITSELF");
}

function datagrams(network, port) {
	const socket = createUdpSocket("ipv4");
	check("unbound", thrown(() => socket.stream(null)), "invalid-state");
	socket.startBind(network, address(0, [0, 0, 0, 0]));
	socket.finishBind();
	let [input, output] = socket.stream(null);
	output.checkSend();
	check("datagrams are sent", output.send([{ data: bytesOf("one"), remoteAddress: address(port) }]), 1);
	input.subscribe().block();
	const [one] = input.receive(10);
	check("and come back, with who sent them", [textOf(one.data), shown(one.remoteAddress), one.remoteAddress.val.port], ["one", "ipv4 127.0.0.1", port]);
	check("no more", input.receive(10).length, 0);
	output.checkSend();
	check("to nobody", thrown(() => output.send([{ data: bytesOf("x"), remoteAddress: null }])), "invalid-argument");
	output.checkSend();
	check("no rule allows it", thrown(() => output.send([{ data: bytesOf("x"), remoteAddress: address(1) }])), "access-denied");
	[input, output] = [null, null];
	[input, output] = socket.stream(address(port));
	output.checkSend();
	check("to the one peer", output.send([{ data: bytesOf("two"), remoteAddress: null }]), 1);
	input.subscribe().block();
	check("which answers", textOf(input.receive(1)[0].data), "two");
	check("remote-address", socket.remoteAddress().val.port, port);
}

export const run = {
	run() {
		const [, name, stream, datagram, closed, own] = getArguments().map((text, i) => (i < 2 ? text : Number(text)));
		const network = instanceNetwork();
		for (const [what, act] of Object.entries({ streams: () => streams(network, name, stream, closed), states: () => states(network),
			server: () => server(network, own), datagrams: () => datagrams(network, datagram) }))
			try {
				act();
			} catch (error) {
				check(what, reasonOf(error), "whole");
			}
		if (failed > 0)
			throw undefined;
	},
};
