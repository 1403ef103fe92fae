// In a worker of the page: Perl as a library (a reactor), started with a command line.
import { WASI } from "/_wvwasi/wvwasi.js";
import { getTicketFrom } from "./app-worker-tickets.js";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const ticket = getTicketFrom(globalThis);

async function perl({ wait, args }) {
	let output = "";
	const keep = (bytes) => {
		output += decoder.decode(bytes, { stream: true });
	};
	const wasi = await WASI.connect({ wait, ticket, args, stdout: keep, stderr: keep });
	const { instance } = await WebAssembly.instantiateStreaming(fetch("perl.wasm"), { ...wasi.imports, env: { call_host_function: () => 0 } });
	const { malloc, zeroperl_init_with_args, zeroperl_flush } = await wasi.initialize(instance);
	const { memory } = instance.exports;
	const put = async (bytes) => {
		const at = await malloc(bytes.length);
		new Uint8Array(memory.buffer).set(bytes, at);
		return at;
	};
	const places = [];
	for (const arg of args)
		places.push(await put(encoder.encode(`${arg}\0`)));
	const argv = await put(new Uint8Array(Uint32Array.from([...places, 0]).buffer));
	const code = await zeroperl_init_with_args(args.length, argv);
	await zeroperl_flush();
	return { code, output };
}

addEventListener("message", ({ data }) => {
	if (data.args)
		perl(data).then((result) => postMessage({ result }), (error) => postMessage({ error: String(error?.stack ?? error) }));
});
