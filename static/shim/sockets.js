//# allFunctionsCalledOnLoad
/* /_wvwasi/sockets.js: the network for pages, in the shape of the WinterTC Sockets API. The same as w.net and w.fetch of connect(), with a guest of its own.
 * Types are in wvwasi.d.ts. */
import { SocketError, sharedNetwork } from "./wvwasi.js";

export { SocketError };
export const connect = (address, options) => sharedNetwork.connect(address, options);
export const listen = options => sharedNetwork.listen(options);
export const udp = options => sharedNetwork.udp(options);
export const fetch = (input, init) => sharedNetwork.fetch(input, init);
