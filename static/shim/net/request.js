//# allFunctionsCalledOnLoad
/* Turns fetch()'s arguments into a request, encodes it for the dialer (docs/PROTOCOL.md, "Requests"), and applies redirects to it. */
import { encodeRequestHead } from "../base/request-heads.js";

const URL_MAX = 16 << 10;
/* Headers that the dialer writes, since they say where a message ends or concern one connection: a page can't set them. */
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
		throw new TypeError(`cannot fetch from '${url.host}': the URL has a user name or password`);
	if (url.href.length > URL_MAX)
		throw new TypeError(`cannot fetch from '${url.host}': the URL has ${url.href.length} letters, at most ${URL_MAX} are allowed`);
	return url;
}

/* As in the Fetch standard, these methods are written in capitals and others (PATCH, too) stay as given. */
function methodOf(method) {
	const upper = String(method).toUpperCase();
	return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].includes(upper) ? upper : String(method);
}

/**
 * The body, and the Content-Type that it implies.
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
 * The request that fetch()'s arguments describe. Rejects with a TypeError where it can't be made.
 * @param {RequestInfo | URL} input
 * @param {RequestInit} init
 * @returns {Promise<Asked>}
 */
export async function askedOf(input, init = {}) {
	const request = input instanceof Request ? input : null;
	const url = urlOf(request?.url ?? input);
	const method = methodOf(init.method ?? request?.method ?? "GET");
	const headers = new Headers(init.headers ?? request?.headers ?? []); // without a Request's guard, which would drop Cookie and others
	let given = init.body;
	if (given === undefined && request !== null && request.method !== "GET" && request.method !== "HEAD")
		given = await request.clone().arrayBuffer();
	if ((method === "GET" || method === "HEAD") && given !== null && given !== undefined)
		throw new TypeError(`a ${method} request can't have a body`);
	const [body, type] = await bodyOf(given);
	if (type !== null && !headers.has("Content-Type"))
		headers.set("Content-Type", type);
	for (const [name] of headers)
		if (OWN.test(name))
			throw new TypeError(`a page can't set the header '${name}': the gateway's own value is sent`);
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

/** Encodes the request's head for the dialer. @param {Asked} asked */
export function requestBytes({ url, method, headers, body }) {
	const known = body instanceof Blob ? body.size : body instanceof Uint8Array ? body.length : undefined;
	return encodeRequestHead({ method, url: url.href.split("#")[0], length: body === null ? null : known,
		headers: headers.map(([name, value]) => [name, Uint8Array.from(value, letter => letter.charCodeAt(0))]) }); // Headers' values are bytes, a letter each
}

const isRedirect = status => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

/**
 * The request that a redirect leads to; null: the response is no redirect. Throws a TypeError where fetch() fails.
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
		throw new TypeError(`cannot follow a redirect to '${location}': not a URL`);
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
		throw new TypeError("cannot follow a redirect: it needs the body again, and a stream can't be sent twice");
	if (url.origin !== asked.url.origin) // credentials were for the first origin
		headers = headers.filter(([name]) => !/^(?:authorization|cookie)$/i.test(name));
	return { ...asked, url, method, body, headers };
}
