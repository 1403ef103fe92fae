//# allFunctionsCalledOnLoad
/* /_wvwasi/sockets.js: the network for pages, in the shape of the WinterTC Sockets API. The same as w.net of connect(), with a guest of its own.
 * Types are in wvwasi.d.ts. */
import { SocketError, sharedNetwork } from "./wvwasi.js";

export { SocketError };
export const connect = (address, options) => sharedNetwork.connect(address, options);
