// The server that tests/components/requests.c asks, and what the component prints of it.
import { once } from "node:events";
import http from "node:http";

import { freePort } from "./net-peers.js";

const answers = {
	"/hello?a=1": (request, response) => response.writeHead(201, { "X-Theirs": request.headers["x-mine"] }).end(`${request.method} ${request.headers.host}`),
	"/large": (request, response) => response.end("x".repeat(3_000_000)),
	"/echo": (request, response) => request.pipe(response),
	"/cut": (request, response) => response.writeHead(200, { "Content-Length": 100 }).write("begun", () => response.destroy()),
};

/** A server of this machine, and a port where nobody listens: args of the component, net: rules that allow both, printed: its output, close(). */
export async function requestsPeer() {
	const server = http.createServer((request, response) => answers[request.url](request, response)).listen(0, "127.0.0.1");
	await once(server, "listening");
	const ports = [server.address().port, await freePort()], said = `GET 127.0.0.1:${ports[0]}`;
	return {
		args: ports.map(String),
		net: ports.flatMap((port) => ["--net", `http:127.0.0.1:${port}`]),
		printed: [`201 yes ${said.length} ${said}`, `200 3000000 ${"x".repeat(40)}`, `200 160000 ${"0123456789".repeat(4)}`, "200 5 hello",
			"200 5 begun failed 1 35", "error 3", "header refused: 1 error 15", ""].join("\n"),
		close: () => server.close(),
	};
}
