// Two machines in one: network namespaces joined by a cable (veth), each with an address of its own and nothing else. Needs root.
import { execFileSync } from "node:child_process";

const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
let made = 0;

/** @returns {{ here: string[], there: string[], addresses: string[], end(): void }} commands that run another in each of them */
export function twoMachines() {
	const names = ["a", "b"].map((which) => `wv${process.pid}-${++made}${which}`), addresses = ["192.168.77.1", "192.168.77.2"];
	const end = () => {
		for (const name of names)
			try {
				ip("netns", "del", name);
			} catch {} // it was never made
	};
	try {
		for (const name of names)
			ip("netns", "add", name);
		ip("-n", names[0], "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", names[1]);
		names.forEach((name, i) => {
			ip("-n", name, "address", "add", `${addresses[i]}/24`, "dev", "cable");
			ip("-n", name, "link", "set", "cable", "addrgenmode", "none"); // an IPv6 address comes a second later, and Chromium begins anew then
			ip("-n", name, "link", "set", "cable", "up");
			ip("-n", name, "link", "set", "lo", "up");
		});
	} catch (error) {
		end();
		throw error;
	}
	const [here, there] = names.map((name) => ["ip", "netns", "exec", name]);
	return { here, there, addresses, end };
}
