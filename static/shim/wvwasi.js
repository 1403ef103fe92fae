//# allFunctionsCalledOnLoad
/* The door: what an app imports. Types are in wvwasi.d.ts. */
export { connect } from "./calls.js";
export { getTicket } from "./gateway/tickets.js";
export { ChangeLost, ERRNO, GatewayLost, NotPaired, ProcessExit, Refused, WasiError } from "./base/errors.js";
export { prepare, run, spawn } from "./spawn.js";
export { WASI } from "./wasi.js";
