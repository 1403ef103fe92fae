// Endpoints as they are on the wire (docs/PROTOCOL.md, Sockets), for tests of --net.
import net from "node:net";

/** @param {string} host an address, or a name @param {number} port @param {number} [scope] of IPv6 */
export function endpoint(host, port, scope = 0) {
	const head = (kind) => [typeof kind === "number" ? kind : kind.charCodeAt(0), port & 255, port >> 8];

	if (net.isIPv4(host))
		return Uint8Array.from([...head(4), ...host.split(".").map(Number)]);
	if (!net.isIPv6(host))
		return Uint8Array.from([...head("n"), ...Buffer.from(host)]);
	const [left, right = ""] = host.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`)
		.split("::");
	const groups = (text) => text.split(":").filter(Boolean).map((group) => parseInt(group, 16));
	const middle = new Array(8 - groups(left).length - groups(right).length).fill(0);
	const all = [...groups(left), ...(host.includes("::") ? middle : []), ...groups(right)];
	return Uint8Array.from([...head(6), ...all.flatMap((group) => [group >> 8, group & 255]), scope & 255, scope >> 8 & 255, scope >> 16 & 255, scope >>> 24]);
}

/** @returns {{ family: number, host: string, port: number }} of a numeric one */
export function decodeEndpoint(bytes) {
	const port = bytes[1] | bytes[2] << 8, at = [...bytes.subarray(3)];

	if (bytes[0] === 4)
		return { family: 4, host: at.slice(0, 4).join("."), port };
	const groups = Array.from({ length: 8 }, (_, i) => (at[2 * i] << 8 | at[2 * i + 1]).toString(16));
	return { family: 6, host: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1), port };
}
