//# allFunctionsCalledOnLoad
/* The door: what an app imports. Types are in wvwasi.d.ts. */
import { connect } from "./calls.js";
import { SharedNetwork } from "./net/index.js";

export { connect };
export { SocketError } from "./net/index.js";
export { getTicket } from "./gateway/tickets.js";
export { ChangeLost, ERRNO, GatewayLost, NotPaired, ProcessExit, RecordingError, Refused, WasiError } from "./base/errors.js";
export { prepare, resume, run, spawn } from "./spawn.js";
export { kept } from "./page/kept.js";
export { WASI } from "./wasi.js";

/** What /_wvwasi/sockets.js exports. */
export const sharedNetwork = new SharedNetwork(connect);
