/** /_wvwasi/sockets.js: the network for pages, with a guest of its own, made at the first use. */
import type { Network } from "./wvwasi.js";

export { SocketError } from "./wvwasi.js";
export const connect: Network["connect"];
