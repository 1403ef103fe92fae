// Run by net-names.test.js in a network namespace of its own, where this machine has a public address, and /etc/hosts names it: what connections come to
// there. Prints a list of [what, errno] as JSON, and then what the gateway printed.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

import { openFixture, ROOT_ONLY } from "./call-fixture.js";
import { call, handle } from "./client.js";
import { endpoint } from "./net-endpoint.js";

const [, , own, other] = process.argv; // addresses
execFileSync("ip", ["link", "set", "lo", "up"]);
execFileSync("ip", ["address", "add", `${own}/32`, "dev", "lo"]);
const server = net.createServer((socket) => socket.on("error", () => {}));
await once(server.listen(0, own), "listening");
const { port } = server.address();
const rules = [`tcp:turn.test:${port}`, `tcp:private.test=private:${port}`, `tcp:other.test:${port}`, `tcp:8.0.0.0/8:${port}`];
const fixture = await openFixture(rules.flatMap((rule) => ["--net", rule]));
const exact = await openFixture(["--net", `tcp:turn.test:${port}`, "--net", `tcp:${own}:1-65535`]);
const results = [];
for (const [what, at, host, to] of [["a name", fixture, "turn.test", port], ["the address, by a wide network", fixture, own, port],
	["the name, whose address a rule names", exact, "turn.test", port], ["the address, which a rule names", exact, own, port],
	["the gateway's port there", exact, own, exact.gateway.ready.port], ["NAME=private", fixture, "private.test", port],
	["a name of another machine", fixture, "other.test", port], ["another machine, by the same network", fixture, other, port]]) {
	const wire = await at.session.connect(ROOT_ONLY), socket = handle(8);
	const [, { errno }] = await wire.calls(call("sock_open", [0, 1, socket]), call("sock_connect", [socket, endpoint(host, to), 0]));
	results.push([what, errno]);
	await wire.close();
}
console.log(JSON.stringify({ results, said: fixture.gateway.stderr() }));
await Promise.all([fixture.close(), exact.close()]);
server.close();
