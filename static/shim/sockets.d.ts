/** /_wvwasi/sockets.js: the network for pages, with a guest of its own, made at the first use. */
import type { Calls, Network } from "./wvwasi.js";

export { SocketError } from "./wvwasi.js";
export const connect: Network["connect"];
export const listen: Network["listen"];
export const udp: Network["udp"];
export const fetch: Calls["fetch"];
