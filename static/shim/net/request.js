//# allFunctionsCalledOnLoad
/* What fetch() is given, as one request: its bytes for the dialer (docs/PROTOCOL.md, "Requests"), its body, and what redirects make of it. */
import { toBytes } from "../base/bytes.js";

const BODY = { NONE: 0, KNOWN: 1, STREAM: 2 };
const URL_MAX = 16 << 10;
/* What a page could write itself is its own; these say how the message ends, or who speaks. */
const OWN = /^(?:connection|content-length|expect|host|http2-settings|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/**
 * @typedef {{ url: URL, method: string, headers: [string, string][], body: Uint8Array<ArrayBuffer> | Blob | ReadableStream | null, redirect: string,
 *   signal: AbortSignal | null, decodes: boolean }} Asked
 */

function urlOf(input) {
	const url = new URL(input, globalThis.location?.href);
	if (url.protocol !== "http:" && url.protocol !== "https:")
		throw new TypeError(`cannot fetch '${url.href}': neither http nor https`);
	if (url.username || url.password)
		throw new TypeError(`cannot fetch '${url.host}': a URL with a user's name or password`);
	if (url.href.length > URL_MAX)
		throw new TypeError(`cannot fetch from '${url.host}': a URL of ${url.href.length} letters`);
	return url;
}

/* fetch() has these in capital letters, whatever they were given as. */
function methodOf(method) {
	const upper = String(method).toUpperCase();
	return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"].includes(upper) && upper !== "PATCH" ? upper : String(method);
}

/**
 * The body and its type.
 * @returns {Promise<[Uint8Array<ArrayBuffer> | Blob | ReadableStream | null, string | null]>}
 */
async function bodyOf(body) {
	if (body === null || body === undefined)
		return [null, null];
	if (body instanceof ReadableStream)
		return [body, null];
	if (body instanceof Blob)
		return [body, body.type || null];
	const response = new Response(body);
	return [new Uint8Array(await response.arrayBuffer()), response.headers.get("Content-Type")];
}

/**
 * @param {RequestInfo | URL} input
 * @param {RequestInit} init
 * @returns {Promise<Asked>}
 */
export async function askedOf(input, init = {}) {
	const request = input instanceof Request ? input : null;
	const url = urlOf(request?.url ?? input);
	const method = methodOf(init.method ?? request?.method ?? "GET");
	const headers = new Headers(init.headers ?? request?.headers ?? []); // of no request: a page may say all that the dialer lets it
	let given = init.body;
	if (given === undefined && request !== null && request.method !== "GET" && request.method !== "HEAD")
		given = await request.clone().arrayBuffer();
	if ((method === "GET" || method === "HEAD") && given !== null && given !== undefined)
		throw new TypeError(`a request by ${method} has no body`);
	const [body, type] = await bodyOf(given);
	if (type !== null && !headers.has("Content-Type"))
		headers.set("Content-Type", type);
	for (const [name] of headers)
		if (OWN.test(name))
			throw new TypeError(`the header '${name}' is the gateway's own`);
	const defaults = { "Accept": "*/*", "User-Agent": globalThis.navigator?.userAgent ?? "wvwasi-gw" };
	for (const [name, value] of Object.entries(defaults))
		if (!headers.has(name))
			headers.set(name, value);
	const decodes = !headers.has("Accept-Encoding") && !headers.has("Range") && typeof DecompressionStream === "function";
	if (decodes)
		headers.set("Accept-Encoding", "gzip");
	return { url, method, headers: [...headers], body,
		redirect: init.redirect ?? request?.redirect ?? "follow", signal: init.signal ?? request?.signal ?? null, decodes };
}

/** A request's bytes. @param {Asked} asked */
export function requestBytes({ url, method, headers, body }) {
	const known = body instanceof Blob ? body.size : body instanceof Uint8Array ? body.length : undefined;
	const parts = [];
	const number = (value, bytes) => parts.push(Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256));
	const text = bytes => {
		number(bytes.length, 2);
		parts.push(bytes);
	};
	text(toBytes(method));
	text(toBytes(url.href.split("#")[0]));
	number(body === null ? BODY.NONE : known === undefined ? BODY.STREAM : BODY.KNOWN, 1);
	number(known ?? 0, 8);
	number(headers.length, 2);
	for (const [name, value] of headers) {
		text(toBytes(name));
		text(Uint8Array.from(value, letter => letter.charCodeAt(0))); // bytes, as Headers has them
	}
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

const isRedirect = status => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

/**
 * What a redirect asks for next; null: it is no redirect. Throws a TypeError where fetch() fails.
 * @param {Asked} asked
 * @param {number} status
 * @param {string | null} location
 * @returns {Asked | null}
 */
export function redirected(asked, status, location) {
	if (!isRedirect(status) || location === null)
		return null;
	let url;
	try {
		url = new URL(location, asked.url);
	} catch {
		throw new TypeError(`a redirect to '${location}', which is no URL`);
	}
	if (!url.hash)
		url.hash = asked.url.hash;
	url = urlOf(url);
	let { method, body, headers } = asked;
	if ((status === 303 && method !== "GET" && method !== "HEAD") || ((status === 301 || status === 302) && method === "POST")) {
		method = "GET";
		body = null;
		headers = headers.filter(([name]) => !/^content-(?:encoding|language|location|type)$/i.test(name));
	}
	if (body instanceof ReadableStream)
		throw new TypeError("a redirect asks for the body again, and a stream can't be sent twice");
	if (url.origin !== asked.url.origin) // whoever is there isn't who was told
		headers = headers.filter(([name]) => !/^(?:authorization|cookie)$/i.test(name));
	return { ...asked, url, method, body, headers };
}
