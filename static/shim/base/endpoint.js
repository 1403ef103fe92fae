//# allFunctionsCalledOnLoad
/* Endpoints, encoded as on the wire (docs/PROTOCOL.md, "Sockets"): a byte 4, 6 or "n", u16 port; then 4 bytes, or 16 and a u32 scope, or a name. */
const NAME = "n".charCodeAt(0);
const NAME_MAX = 253;

/**
 * Encodes a host and a port; looks no name up. Throws a TypeError if the host is neither a name nor an address.
 * @param {string} hostname a name, an IPv4 address, or an IPv6 address (with or without brackets; a scope follows as `%2`)
 * @param {number} port 0 to 65535
 */
export function endpointBytes(hostname, port) {
	if (!Number.isInteger(port) || port < 0 || port > 0xFFFF)
		throw new TypeError(`SocketError: '${port}' is not a port from 0 to 65535`);
	if (typeof hostname !== "string")
		throw new TypeError("SocketError: hostname is not a string");
	const ports = [port & 0xFF, port >>> 8];
	const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(hostname);
	if (four)
		return Uint8Array.from([4, ...ports, ...four.slice(1).map(byteOf)]);
	if (hostname.includes(":"))
		return Uint8Array.from([6, ...ports, ...sixBytes(hostname)]);
	const name = asciiName(hostname);
	return Uint8Array.from([NAME, ...ports, ...Array.from(name, letter => letter.charCodeAt(0))]);
}

function byteOf(digits) {
	const byte = Number(digits);
	if (byte > 255 || digits !== String(byte))
		throw new TypeError(`SocketError: '${digits}' in an IPv4 address is not a number from 0 to 255`);
	return byte;
}

function sixBytes(hostname) {
	const [, text, zone = "0"] = /^\[?([0-9a-f:.]+)(?:%(\d+))?\]?$/i.exec(hostname) ?? [];
	let host;
	try {
		host = new URL(`http://[${text}]/`).hostname.slice(1, -1); // as RFC 5952 writes it: no dots
	} catch {
		throw new TypeError(`SocketError: '${hostname}' is not an IPv6 address`);
	}
	const [left, right = null] = host.split("::").map(half => half.split(":").filter(Boolean).map(group => parseInt(group, 16)));
	const groups = right === null ? left : [...left, ...new Array(8 - left.length - right.length).fill(0), ...right];
	const scope = Number(zone);
	return [...groups.flatMap(group => [group >>> 8, group & 0xFF]), scope & 0xFF, scope >>> 8 & 0xFF, scope >>> 16 & 0xFF, scope >>> 24 & 0xFF];
}

/* The name in ASCII (punycode), as name servers know it. */
function asciiName(hostname) {
	let name = hostname;
	if (/[^\0-\x7F]/.test(name) && !/[/\\?#@:%\s]/.test(name))
		try {
			name = new URL(`http://${name}/`).hostname;
		} catch {
			name = "";
		}
	if (!/^[a-z0-9._-]+$/i.test(name) || name.length > NAME_MAX + 1)
		throw new TypeError(`SocketError: '${hostname}' is not a host name`);
	return name;
}

/**
 * The name that a certificate must have: in ASCII, lower case, without a dot at its end; or an address without brackets.
 * @param {string} hostname
 */
export function certificateName(hostname) {
	if (hostname.includes(":"))
		return hostname.replace(/^\[|\]$/g, "");
	return asciiName(hostname).toLowerCase().replace(/\.$/, "");
}

/**
 * Decodes an endpoint.
 * @param {Uint8Array} bytes of an endpoint with an address, not a name
 * @returns {{ hostname: string, port: number }}
 */
export function readEndpoint(bytes) {
	const port = bytes[1] | bytes[2] << 8;
	if (bytes[0] === 4)
		return { hostname: bytes.subarray(3, 7).join("."), port };
	const groups = Array.from({ length: 8 }, (_, i) => (bytes[3 + 2 * i] << 8 | bytes[4 + 2 * i]).toString(16));
	const scope = new DataView(bytes.buffer, bytes.byteOffset).getUint32(19, true);
	return { hostname: new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1) + (scope ? `%${scope}` : ""), port };
}

/** Prints the bytes of an endpoint: "127.0.0.1:80", "[::1]:80". */
export function endpointText(bytes) {
	const { hostname, port } = readEndpoint(bytes);
	return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Parses connect()'s address: "host:port", or { hostname, port }. Throws a TypeError. */
export function addressOf(address) {
	if (typeof address !== "string")
		return { hostname: address?.hostname, port: Number(address?.port) };
	const [, hostname, port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(address) ?? [];
	if (hostname === undefined)
		throw new TypeError(`SocketError: '${address}' isn't HOST:PORT`);
	return { hostname, port: Number(port) };
}
