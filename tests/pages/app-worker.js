// A worker of an app's own, as with node:wasi: it instantiates the program itself. Tickets come from the page.
import { getTicketFrom } from "./app-worker-tickets.js";

import { WASI, connect } from "/_wvwasi/wvwasi.js";

onmessage = async ({ data: { file, calls, ...options } }) => {
	if (!file && !calls)
		return; // a ticket, for the other listener
	try {
		postMessage({ result: await (calls ? useConnect() : useWasi(file, options)) });
	} catch (error) {
		postMessage({ error: `${error.name}: ${error.message}\n${error.stack}` });
	}
};

async function useWasi(file, { reactor, ...options }) {
	const output = [];
	const wasi = await WASI.connect({ ...options, ticket: getTicketFrom(self), stdout: (bytes) => output.push(new TextDecoder().decode(bytes)) });
	const { instance } = await WebAssembly.instantiateStreaming(fetch(`/${file}`), wasi.imports);
	if (!reactor) {
		const exitCode = await wasi.start(instance);
		return { exitCode, output: output.join("") };
	}
	const exports = await wasi.initialize(instance);
	const sums = [await exports.add(2, 3)];
	for (const byte of [1, 2, 3])
		sums.push(await exports.append(byte));
	await exports.say(7);
	const left = await exports.leave(9).then(() => "came back", (error) => [error.name, error.code]);
	wasi.close();
	return { sums, left, output: output.join("") };
}

async function useConnect() {
	const w = await connect({ ticket: getTicketFrom(self) });
	const names = (await w.fs.readdir(w.preopens[0].path)).length;
	w.close?.();
	return { names, preopens: w.preopens.length };
}
