// A wire that can be cut: a TCP proxy before a gateway. What asks for its port asks for the gateway's behind it: both have five digits, so
// heads keep their length.
import assert from "node:assert/strict";
import net from "node:net";

/**
 * @param {number} port the gateway's
 * @param {() => (bytes: Buffer) => Buffer} [alter] for each connection, what becomes of what the gateway sends on its WebSocket
 * @returns {Promise<{ port: number, cut(): void, close(): void }>} cut: all connections are reset
 */
export async function startProxy(port, alter = () => (bytes) => bytes) {
	const sockets = new Set();
	const server = net.createServer((near) => {
		const far = net.connect(port, "127.0.0.1");
		let heads = true; // until an upgrade, what comes is HTTP without bodies that name us
		for (const [socket, other] of [[near, far], [far, near]]) {
			sockets.add(socket);
			socket.setNoDelay(true);
			socket.on("error", () => {}).on("close", () => {
				sockets.delete(socket);
				other.destroy();
			}).on("end", () => other.end());
		}
		near.on("data", (bytes) => {
			if (heads) {
				const text = bytes.toString("latin1");
				heads = !/^upgrade: websocket/im.test(text);
				bytes = Buffer.from(text.replaceAll(`localhost:${own}`, `localhost:${port}`), "latin1");
			}
			far.write(bytes);
		});
		const altered = alter();
		far.on("data", (bytes) => near.write(heads ? bytes : altered(bytes)));
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const own = server.address().port;
	assert.equal(String(own).length, String(port).length, "ports of another length would change heads'");
	const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
	return { port: own, cut, close: () => (cut(), server.close()) };
}
