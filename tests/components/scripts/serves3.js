// wasi:http/handler of 0.3. It answers with what it was asked, and the request's body behind that, as it comes; or by its path: /file/LENGTH, /wait,
// /nothing, /error, /trap, /through (the request's body is the response's).
import { waitFor } from "wasi:clocks/monotonic-clock@0.3.0";
import { Fields, Request, Response } from "wasi:http/types@0.3.0";

const TRAILERS = Object.entries(wit.Future.types).find(([name]) => name.startsWith("RESULT_OPTION"))[1];
const SENT = Object.entries(wit.Future.types).find(([name]) => name.startsWith("RESULT_VOID"))[1];
const bytesOf = text => Uint8Array.from(text, letter => letter.charCodeAt(0));
const textOf = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");

/** A future that is written once it is read. */
function given(type, value) {
	const { readable, writable } = wit.Future(type);
	writable.write(value).catch(() => {});
	return readable;
}

function respond(status, headers, body) {
	const [response] = Response.new(Fields.fromList(headers.map(([name, value]) => [name, bytesOf(value)])), body, given(TRAILERS, { tag: "ok", val: null }));
	response.setStatusCode(status);
	return response;
}

/** A body that goes on behind the response. */
function written(write) {
	const { readable, writable } = wit.Stream(wit.Stream.U8);
	write(text => writable.writeAll(bytesOf(text))).then(() => writable.drop());
	return readable;
}

export const handler = {
	async handle(request) {
		const path = request.getPathWithQuery(), method = request.getMethod().tag, authority = request.getAuthority(), scheme = request.getScheme().tag;
		const headers = request.getHeaders().copyAll().map(([name, value]) => `${name}: ${textOf(value)}`);
		const [input] = Request.consumeBody(request, given(SENT, { tag: "ok" }));
		const [, what, length] = path.split("/");
		switch (what) {
		case "nothing":
			return respond(204, [], null);
		case "error":
			throw { tag: "destination-unavailable" };
		case "trap":
			return 7;
		case "through":
			return respond(200, [["x-kind", "through"]], input);
		case "wait":
			await waitFor(20_000_000);
			return respond(200, [], written(async write => {
				for (let i = 0; i < 4; i++) {
					await waitFor(5_000_000);
					await write("x");
				}
			}));
		case "file":
			return respond(200, [["content-length", length]], written(write => write("x".repeat(Number(length)))));
		}
		return respond(201, [["x-kind", "said"]], written(async write => {
			await write(`${[method, path, authority, scheme, ...headers].join("\n")}\n\n`);
			for (let part; (part = await input.read(65536)).length > 0;)
				await write(textOf(part));
		}));
	},
};
